import CScoring
import Competition
import Foundation

/// What a library's function said about one prediction.
struct LibraryAnswer {
  var value: Double?
  var failure: String?
  var numbers: [(key: String, number: Double)] = []
}

/// A function of a dynamic library. All unsafe pointers of this module are in this file: the library gets them for the time
/// of a call, and must not keep them.
struct ScoringSymbol: Sendable {
  typealias Function =
    @convention(c) (
      UnsafePointer<coordinator_scoring_api>?, OpaquePointer?, OpaquePointer?, OpaquePointer?, OpaquePointer?
    ) -> Void
  typealias Version = @convention(c) () -> UInt32

  private let function: Function

  /// Loads the library; it stays loaded, and loading it again gives the same one.
  init(path: String, symbol: String) throws(CallableFault) {
    let name = "lib:\(path)#\(symbol)"
    guard let library = dlopen(path.contains("/") ? path : "./" + path, RTLD_NOW | RTLD_LOCAL) else {
      throw CallableFault(name, "cannot be loaded: \(Self.lastError)", hint: "see the path and what the library needs")
    }
    guard let version = dlsym(library, "coordinator_scoring_version") else {
      throw CallableFault(
        name, "has no coordinator_scoring_version", hint: "define it as coordinator_scoring.h says")
    }
    let built = unsafeBitCast(version, to: Version.self)()
    guard built == COORDINATOR_SCORING_VERSION else {
      throw CallableFault(
        name, "was built for version \(built) of the interface, this is \(COORDINATOR_SCORING_VERSION)",
        hint: "build it again with this version's coordinator_scoring.h")
    }
    guard let found = dlsym(library, symbol) else {
      throw CallableFault(name, "has no symbol \(symbol): \(Self.lastError)", hint: "see nm -D \(path)")
    }
    function = unsafeBitCast(found, to: Function.self)
  }

  private static var lastError: String { dlerror().map { String(cString: $0) } ?? "no reason given" }

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
