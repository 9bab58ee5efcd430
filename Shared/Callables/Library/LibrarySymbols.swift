import CScoring
import Competition
import Foundation

/// What a library's function said about one prediction.
struct LibraryAnswer {
  var value: Double?
  var failure: String?
  var numbers: [(key: String, number: Double)] = []
}

// All unsafe pointers of this module are in this file: a library gets them for the time of a call, and must not keep them.

/// A dynamic library that was built for an interface of ours. It stays loaded, and loading it again gives the same one.
private enum Library {
  /// The address of a symbol.
  /// - Parameter interface: the header without its `.h`, such as `coordinator_scoring`.
  static func symbol(
    _ symbol: String, of path: String, interface: String, version: UInt32
  ) throws(CallableFault) -> UnsafeMutableRawPointer {
    let name = "lib:\(path)#\(symbol)"
    guard let library = dlopen(path.contains("/") ? path : "./" + path, RTLD_NOW | RTLD_LOCAL) else {
      throw CallableFault(name, "cannot be loaded: \(lastError)", hint: "see the path and what the library needs")
    }
    guard let found = dlsym(library, interface + "_version") else {
      throw CallableFault(name, "has no \(interface)_version", hint: "define it as \(interface).h says")
    }
    let built = unsafeBitCast(found, to: (@convention(c) () -> UInt32).self)()
    guard built == version else {
      throw CallableFault(
        name, "was built for version \(built) of the interface, this is \(version)",
        hint: "build it again with this version's \(interface).h")
    }
    guard let function = dlsym(library, symbol) else {
      throw CallableFault(name, "has no symbol \(symbol): \(lastError)", hint: "see nm -D \(path)")
    }
    return function
  }

  private static var lastError: String { dlerror().map { String(cString: $0) } ?? "no reason given" }
}

/// A scoring function of a dynamic library.
struct ScoringSymbol: Sendable {
  typealias Function =
    @convention(c) (
      UnsafePointer<coordinator_scoring_api>?, OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?
    ) -> Void

  private let function: Function

  init(path: String, symbol: String) throws(CallableFault) {
    let found = try Library.symbol(
      symbol, of: path, interface: "coordinator_scoring", version: COORDINATOR_SCORING_VERSION)
    function = unsafeBitCast(found, to: Function.self)
  }

  func call(outputs: [JSONObject], truth: JSONObject, scope: JSONObject) -> [LibraryAnswer] {
    var api = coordinator_scoring_api(
      read_number: { object, key, number in
        guard let value = ScoringSymbol.value(object, key)?.floatValue else { return false }
        number?.pointee = value
        return true
      },
      read_json: { object, key, buffer, capacity in
        guard let text = ScoringSymbol.value(object, key)?.text.utf8 else { return 0 }
        if let buffer, capacity > 0 {
          let kept = text.prefix(Int(clamping: capacity - 1))
          for (index, byte) in kept.enumerated() { buffer[index] = CChar(bitPattern: byte) }
          buffer[kept.count] = 0
        }
        return UInt64(text.count)
      },
      set_value: { result, value in ScoringSymbol.answer(result)?.pointee.value = value },
      set_number: { result, key, number in
        guard let key else { return }
        ScoringSymbol.answer(result)?.pointee.numbers.append((String(cString: key), number))
      },
      fail: { result, reason in
        ScoringSymbol.answer(result)?.pointee.failure = reason.map { String(cString: $0) } ?? "no reason given"
      })
    return withUnsafePointer(to: &api) { api in
      Self.lend(truth) { truth in
        Self.lend(scope) { scope in
          outputs.map { output in
            var answer = LibraryAnswer()
            Self.lend(output) { output in
              withUnsafeMutablePointer(to: &answer) { function(api, output, truth, scope, OpaquePointer($0)) }
            }
            return answer
          }
        }
      }
    }
  }

  private static func lend<Result>(_ object: JSONObject, _ body: (OpaquePointer) -> Result) -> Result {
    withUnsafePointer(to: object) { body(OpaquePointer($0)) }
  }

  private static func value(_ object: OpaquePointer?, _ key: UnsafePointer<CChar>?) -> JSON? {
    guard let object, let key else { return nil }
    return UnsafePointer<JSONObject>(object).pointee[String(cString: key)]
  }

  private static func answer(_ result: OpaquePointer?) -> UnsafeMutablePointer<LibraryAnswer>? {
    result.map { UnsafeMutablePointer($0) }
  }
}

/// A function of a dynamic library that takes and gives JSON.
struct ExtensionSymbol: Sendable {
  typealias Function =
    @convention(c) (UnsafePointer<coordinator_extension_api>?, UnsafePointer<CChar>?, UInt64, OpaquePointer?) -> Void

  private let function: Function

  init(path: String, symbol: String) throws(CallableFault) {
    let found = try Library.symbol(
      symbol, of: path, interface: "coordinator_extension", version: COORDINATOR_EXTENSION_VERSION)
    function = unsafeBitCast(found, to: Function.self)
  }

  /// What the function said about a call: JSON text, or why there is none; neither when it said nothing.
  struct Answer {
    var json: [UInt8]?
    var failure: String?
  }

  /// - Parameter arguments: a JSON array.
  func call(_ arguments: [UInt8]) -> Answer {
    var api = coordinator_extension_api(
      answer: { answer, json, length in
        guard let json else { return }
        let bytes = UnsafeBufferPointer(start: json, count: Int(clamping: length))
        ExtensionSymbol.answer(answer)?.pointee.json = bytes.map { UInt8(bitPattern: $0) }
      },
      fail: { answer, reason in
        ExtensionSymbol.answer(answer)?.pointee.failure = reason.map { String(cString: $0) } ?? "no reason given"
      })
    var answer = Answer()
    withUnsafePointer(to: &api) { api in
      withUnsafeMutablePointer(to: &answer) { answer in
        arguments.withUnsafeBytes { bytes in
          function(
            api, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt64(bytes.count), OpaquePointer(answer))
        }
      }
    }
    return answer
  }

  private static func answer(_ pointer: OpaquePointer?) -> UnsafeMutablePointer<Answer>? {
    pointer.map { UnsafeMutablePointer($0) }
  }
}
