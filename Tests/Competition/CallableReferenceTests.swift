import Competition
import Testing

@Suite("The name of a callable")
struct CallableReferenceTests {
  @Test("says what kind it is, and reads as it is written")
  func kinds() throws {
    let cases: [(String, CallableReference)] = [
      ("builtin:crps", .builtin(.crps)), ("my.mod_2:Scorer.run", .python(module: "my.mod_2", callable: "Scorer.run")),
      ("lib:/opt/a#b/score.so#run", .library(path: "/opt/a#b/score.so", symbol: "run")),
    ]
    for (text, expected) in cases {
      let reference = try CallableReference(text)
      #expect(reference == expected && reference.description == text)
    }
  }

  @Test(
    "is refused with what is right when it is none",
    arguments: ["", "score", "a..b:c", "a:b:c", "1a:b", "lib:x.so", "lib:#x", "lib:x.so#", "a b:c"])
  func refused(text: String) {
    let fault = #expect(throws: CallableFault.self) { _ = try CallableReference(text) }
    #expect(fault?.hint.contains("write ") == true)
  }

  @Test("an unknown built-in is refused with the names that there are")
  func unknownBuiltin() {
    let fault = #expect(throws: CallableFault.self) { _ = try CallableReference("builtin:brier") }
    #expect(fault?.hint == "write builtin: and one of directional, squared_error, log_loss, crps, rank_correlation")
  }
}
