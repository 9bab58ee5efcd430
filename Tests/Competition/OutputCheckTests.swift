import Competition
import Testing

@Suite("Answers of models")
struct OutputCheckTests {
  private typealias Field = CrunchContract.OutputField

  private func check(_ answer: JSON, _ fields: [CrunchContract.OutputField]) -> OutputCheck.Result {
    OutputCheck.check(answer, against: fields, maxBytes: 1_000)
  }

  private func check(_ answer: JSON, _ type: Field.FieldType, default fallback: JSON? = nil) -> OutputCheck.Result {
    check(answer, [Field(name: "x", type: type, defaultValue: fallback)])
  }

  private func reason(_ result: OutputCheck.Result) -> String? {
    if case .invalid(let reason, _) = result { reason } else { nil }
  }

  @Test("values are read as the type that the contract names")
  func coercion() {
    #expect(check(["x": "0.5"], .float) == .valid(["x": 0.5]))
    #expect(check(["x": true], .float) == .valid(["x": 1.0]))
    #expect(check(["x": 3], .float) == .valid(["x": 3.0]))
    #expect(check(["x": 3.0], .int) == .valid(["x": 3]))
    #expect(check(["x": "up"], .string) == .valid(["x": "up"]))
    #expect(check(["x": false], .bool) == .valid(["x": false]))
    #expect(check(["x": [1, nil]], .json) == .valid(["x": [1, nil]]))
  }

  @Test("a value of another type is refused, with the field's name")
  func otherType() {
    let wrong: [(JSON, Field.FieldType)] = [
      ("many", .float), (nil, .float), ([1], .float), (1.5, .int), (1e30, .int), (1, .string), (1, .bool),
      ("true", .bool),
    ]
    for (value, type) in wrong {
      let found = reason(check(["x": value], type)) ?? ""
      #expect(found.contains("x") && found.contains(type.rawValue), "\(value) as \(type)")
    }
  }

  @Test("unknown fields stay, missing ones take their default, a required one is missed")
  func otherFields() {
    let fields = [
      Field(name: "x", type: .float, defaultValue: nil), Field(name: "y", type: .int, defaultValue: 7),
    ]
    #expect(check(["x": 1, "more": ["a": 1]], fields) == .valid(["x": 1.0, "more": ["a": 1], "y": 7]))
    #expect(reason(check(["y": 1], fields))?.contains("x") == true)
  }

  @Test("an answer without any known field is refused, one that is no object too")
  func noKnownField() {
    for answer in [[:], ["other": 1], 0.5, "up", [0.5], nil] as [JSON] {
      #expect(reason(check(answer, .float, default: 0.0)) != nil, "\(answer.text)")
    }
    #expect(check(0.5, [Field(name: "result", type: .float, defaultValue: nil)]) == .valid(["result": 0.5]))
  }

  @Test("what is refused is kept for its author, with the reason")
  func kept() throws {
    let answer: JSON = ["x": "many", "note": 1]
    guard case .invalid(let reason, let stored) = check(answer, .float) else {
      Issue.record("taken")
      return
    }
    #expect(stored == ["_validation_error": .string(reason), "raw_output": answer])
  }

  @Test("NaN, infinities and NUL are refused wherever they are, and not kept")
  func unstorable() {
    let answers: [JSON] = [
      ["x": .double(.nan)], ["x": "nan"], ["x": "-inf"], ["x": 1, "deep": [["y": .double(.infinity)]]],
      ["x": 1, "note": "a\0b"], ["x": 1, "k\0": 1], ["x": 1, "list": ["fine", "\0"]],
    ]
    for answer in answers {
      guard case .invalid(_, let stored) = check(answer, .float) else {
        Issue.record("taken: \(answer.text)")
        continue
      }
      #expect(JSON.object(stored).isFinite)
      #expect(!JSON.object(stored).text.contains("\\u0000"))
    }
  }

  @Test("an answer may have as many bytes as are allowed, and no more; bytes, not characters")
  func size() {
    func answer(_ bytes: Int) -> JSON {
      ["x": 1, "note": .string(String(repeating: "é", count: (bytes - #"{"x":1,"note":""}"#.utf8.count) / 2))]
    }
    #expect(answer(999).text.utf8.count == 999)
    #expect(reason(check(answer(999), .float)) == nil)
    #expect(reason(check(answer(1_001), .float))?.contains("1001") == true)
  }

  @Test("a number outside of its field's range is refused, and so are unknown fields where the contract says so")
  func ranges() {
    var up = CrunchContract.OutputField(name: "up", type: .float, defaultValue: nil)
    (up.minimum, up.maximum) = (0, 1)
    func reason(_ answer: JSON, _ unknown: CrunchContract.UnknownFields = .keep) -> String? {
      let result = OutputCheck.check(answer, against: [up], maxBytes: 100, unknown: unknown)
      if case .invalid(let reason, _) = result { return reason } else { return nil }
    }
    #expect(reason(["up": 1]) == nil)
    #expect(reason(["up": 1.5]) == "field up is above its maximum of 1.0")
    #expect(reason(["up": -1]) == "field up is below its minimum of 0.0")
    #expect(reason(["up": 1, "more": 2]) == nil)
    #expect(reason(["up": 1, "more": 2], .refuse) == "the contract has no field more")
  }
}
