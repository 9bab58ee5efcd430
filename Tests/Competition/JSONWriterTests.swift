import Competition
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
  @Test("text is compact, and keys stay in their order")
  func compact() {
    let value: JSON = ["z": 1, "a": [nil, true, false, "x"], "m": .object([:]), "e": []]
    #expect(value.text == #"{"z":1,"a":[null,true,false,"x"],"m":{},"e":[]}"#)
  }

  @Test("control characters, quotes and backslashes are escaped, nothing else")
  func escapes() {
    #expect(JSON.string("\"\\\u{8}\u{9}\n\u{c}\r\u{1}\u{1f}").text == #""\"\\\b\t\n\f\r\u0001\u001f""#)
    #expect(JSON.string("a/é日😀\u{7f}").text == "\"a/é日😀\u{7f}\"")
    #expect(JSON.object(["a\"b": 1]).text == #"{"a\"b":1}"#)
  }

  /// Spelled by Python 3.12.
  @Test("reals are spelled as Python does")
  func numbers() {
    let spellings: [(Double, String)] = [
      (1, "1.0"), (-0.0, "-0.0"), (0.1, "0.1"), (100, "100.0"), (1e15, "1000000000000000.0"), (1e16, "1e+16"),
      (12_345_678_901_234_567, "1.2345678901234568e+16"), (9_999_999_999_999_998, "9999999999999998.0"),
      (9_100_000_000_000_000, "9100000000000000.0"), (-9_007_199_254_740_994, "-9007199254740994.0"),
      (1e22, "1e+22"), (1.5e300, "1.5e+300"), (0.0001, "0.0001"), (0.00001, "1e-05"), (0.00012345, "0.00012345"),
      (1.25e-7, "1.25e-07"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
      (-2.5e-10, "-2.5e-10"), (-1e16, "-1e+16"), (0.30000000000000004, "0.30000000000000004"),
    ]
    for (number, spelling) in spellings { #expect(JSON.double(number).text == spelling) }
    #expect(JSON.int(1).text == "1")
    #expect(JSON.int(.min).text == "-9223372036854775808")
  }

  @Test("a number that is not finite is refused, however deep, with its place")
  func nonFinite() {
    for number in [Double.nan, .infinity, -.infinity] {
      let value: JSON = ["a": [1, .double(number)]]
      let error = #expect(throws: JSONError.self) { try value.encoded() }
      #expect(error?.offset == #"{"a":[1,"#.utf8.count)
      #expect(value.text == #"{"a":[1,null]}"#)
      #expect(!value.isFinite)
    }
  }

  @Test("what was written reads as what it was")
  func roundTrip() throws {
    var numbers = Numbers(state: 5)
    for _ in 0..<2_000 {
      let value = numbers.value(depth: 4)
      let bytes = try value.encoded()
      let back = try JSON(parsing: bytes)
      #expect(back == value)
      #expect(try back.encoded() == bytes)
    }
  }

  @Test("objects are equal whatever the order of their keys, and so are their hashes")
  func equality() {
    let one: JSONObject = ["a": 1, "b": ["x": nil]]
    let other: JSONObject = ["b": ["x": nil], "a": 1]
    #expect(one == other && one.hashValue == other.hashValue)
    #expect(one != ["a": 1])
    #expect(one != ["a": 1.0, "b": ["x": nil]])
  }

  @Test("setting a key keeps its place, taking it away leaves the others")
  func members() {
    var object: JSONObject = ["a": 1, "b": 2, "c": 3]
    object["b"] = 9
    object["d"] = 4
    object["a"] = nil
    #expect(object.keys == ["b", "c", "d"])
    #expect(object.merging(["c": 0, "e": 5]).keys == ["b", "c", "d", "e"])
    #expect(object.merging(["c": 0])["c"] == 0)
  }
}

/// The same values every time.
struct Numbers {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }

  mutating func next(below limit: Int) -> Int { Int((next() >> 33) % UInt64(limit)) }

  /// Any finite real.
  mutating func real() -> Double {
    while true {
      let number = Double(bitPattern: next())
      if number.isFinite { return number }
    }
  }

  mutating func text() -> String {
    let characters = ["a", "\"", "\\", "\n", "\u{0}", "é", "日", "😀", "/", "\u{7f}", "\u{2028}"]
    return (0..<next(below: 6)).map { _ in characters[next(below: characters.count)] }.joined()
  }

  mutating func value(depth: Int) -> JSON {
    switch next(below: depth > 0 ? 8 : 6) {
    case 0: return .null
    case 1: return .bool(next(below: 2) == 0)
    case 2: return .int(Int64(bitPattern: next()))
    case 3, 4: return .double(real())
    case 5: return .string(text())
    case 6: return .array((0..<next(below: 4)).map { _ in value(depth: depth - 1) })
    default: return .object(JSONObject((0..<next(below: 4)).map { ("\($0)" + text(), value(depth: depth - 1)) }))
    }
  }
}
