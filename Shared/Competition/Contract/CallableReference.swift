/// What predictions are scored by.
public typealias CallableReference = ExtensionReference<BuiltinScoring>

/// Which function of whose: what `callables` of the contract and variables such as `SCORING_FUNCTION` say.
public enum ExtensionReference<Builtin: BuiltinExtension>: Sendable, Hashable, CustomStringConvertible {
  /// `builtin:name`: one of ours.
  case builtin(Builtin)
  /// `package.module:callable`: Python; the callable may be an attribute of something in the module (`Scorer.score`).
  case python(module: String, callable: String)
  /// `lib:path.so#symbol`: a function of a dynamic library.
  case library(path: String, symbol: String)

  /// - Throws: what is wrong with the text and what is right.
  public init(_ text: String) throws(CallableFault) {
    guard let colon = text.firstIndex(of: ":") else {
      throw CallableFault(text, "has no colon", hint: Self.forms)
    }
    let kind = text[..<colon]
    let rest = text[text.index(after: colon)...]
    switch kind {
    case "builtin":
      guard let builtin = Builtin(rawValue: String(rest)) else {
        let names = Builtin.allCases.map(\.rawValue)
        let meant = NearestName.of(String(rest), among: names).map { "; did you mean builtin:\($0)?" }
        throw CallableFault(
          text, "is no built-in function",
          hint: "write builtin: and one of \(names.joined(separator: ", "))" + (meant ?? ""))
      }
      self = .builtin(builtin)
    case "lib":
      guard let hash = rest.lastIndex(of: "#"), hash != rest.startIndex else {
        throw CallableFault(text, "names no library and symbol", hint: "write lib:path.so#symbol")
      }
      let symbol = String(rest[rest.index(after: hash)...])
      guard Self.isIdentifier(symbol) else {
        throw CallableFault(text, "has no symbol of C after the #", hint: "write lib:path.so#symbol")
      }
      self = .library(path: String(rest[..<hash]), symbol: symbol)
    default:
      guard Self.isDotted(kind), Self.isDotted(rest) else {
        throw CallableFault(text, "is no module and callable of Python", hint: "write package.module:callable")
      }
      self = .python(module: String(kind), callable: String(rest))
    }
  }

  public var description: String {
    switch self {
    case .builtin(let function): "builtin:\(function.rawValue)"
    case .python(let module, let callable): "\(module):\(callable)"
    case .library(let path, let symbol): "lib:\(path)#\(symbol)"
    }
  }

  private static var forms: String { "write builtin:name, package.module:callable or lib:path.so#symbol" }

  private static func isDotted(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isIdentifier(String($0)) }
  }

  private static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.first, first.isLetter || first == "_" else { return false }
    return text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
  }
}

/// Functions that come with the node, by the names that `builtin:NAME` takes.
public protocol BuiltinExtension: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
  /// What it is, in a line.
  var summary: String { get }
}
