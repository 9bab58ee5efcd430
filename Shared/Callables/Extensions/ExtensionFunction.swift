import Competition
import Logging

/// Why a call of an extension's function gave nothing.
public struct ExtensionFailure: Error, Sendable, Hashable, CustomStringConvertible {
  public var reason: String
  public init(_ reason: String) { self.reason = reason }
  public var description: String { reason }
}

/// A function of the competition at an extension point, in Python or in a dynamic library: JSON goes in and comes out.
public struct ExtensionFunction: Sendable {
  /// As the contract names it.
  public let name: String
  private let kind: Kind

  private enum Kind: Sendable {
    case python(PythonExtension)
    case library(LibraryExtension)
  }

  /// Loads it; nil when it is built in.
  /// - Throws: `CallableFault` with the reason when it cannot be called.
  public static func load<Builtin>(
    _ reference: ExtensionReference<Builtin>, at point: String, limits: PythonLimits, logger: Logger
  ) async throws(CallableFault) -> ExtensionFunction? {
    switch reference {
    case .builtin: return nil
    case .python(let module, let callable):
      let function = PythonExtension(
        point: point, module: module, callable: callable, limits: limits, logger: logger)
      try await function.start()
      return ExtensionFunction(name: "\(reference)", kind: .python(function))
    case .library(let path, let symbol):
      return ExtensionFunction(
        name: "\(reference)", kind: .library(try LibraryExtension(path: path, symbol: symbol)))
    }
  }

  /// One result a list of arguments, in order. What a call does costs that call alone.
  /// - Parameter shared: what all calls look at, beside their arguments; for functions in Python.
  public func results(of calls: [[JSON]], shared: JSON? = nil) async -> [Result<JSON, ExtensionFailure>] {
    switch kind {
    case .python(let function): await function.results(of: calls, shared: shared)
    case .library(let function): calls.map(function.result)
    }
  }

  /// Whether it runs in this process, and gets everything in one call.
  var isLibrary: Bool { if case .library = kind { true } else { false } }

  /// - Throws: `ExtensionFailure`
  public func result(of arguments: [JSON]) async throws(ExtensionFailure) -> JSON {
    guard let only = await results(of: [arguments]).first else { throw ExtensionFailure("\(name) gave no result") }
    return try only.get()
  }
}
