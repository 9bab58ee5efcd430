import Competition
import Testing

@Suite("Reading JSON")
struct JSONParserTests {
  private func parsed(_ text: String) throws -> JSON { try JSON(parsing: text) }

  @Test("keys keep their order; of repeated ones the last value wins at the first one's place")
  func keyOrder() throws {
    #expect(try parsed(#"{"z":1,"a":2,"m":3}"#).object?.keys == ["z", "a", "m"])
    let repeated = try parsed(#"{"z":1,"a":2,"z":3}"#).object
    #expect(repeated?.keys == ["z", "a"])
    #expect(repeated?["z"] == 3)
    let many = (0..<40).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
    let large = try parsed("{\(many),\"k3\":99}").object
    #expect(large?.keys == (0..<40).map { "k\($0)" })
    #expect(large?["k3"] == 99)
  }

  @Test("whole numbers and reals stay apart")
  func numbers() throws {
    let values: [(String, JSON)] = [
      ("0", .int(0)), ("-7", .int(-7)), ("1.0", .double(1)), ("1e2", .double(100)), ("-2.5E-1", .double(-0.25)),
      ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
      ("9223372036854775808", .double(9_223_372_036_854_775_808)),
      ("123456789012345678901234567890", .double(1.2345678901234568e29)), ("0.1", .double(0.1)),
    ]
    for (text, value) in values { #expect(try parsed(text) == value, "\(text)") }
  }

  @Test("escapes stand for their characters")
  func escapes() throws {
    #expect(try parsed(#""\"\\\/\b\f\n\r\t""#) == .string("\"\\/\u{8}\u{c}\n\r\t"))
    #expect(try parsed(#""\u0041\u00e9\u65E5""#) == "Aé日")
    #expect(try parsed(#""x\ud83d\ude00y""#) == "x😀y")
    #expect(try parsed(#""日本 😀""#) == "日本 😀")
    #expect(try parsed(#"{"\u0061b":1}"#)["ab"] == 1)
  }

  @Test("half a surrogate pair becomes the replacement character, and takes nothing with it")
  func loneSurrogate() throws {
    #expect(try parsed(#""a\ud83db""#) == "a\u{FFFD}b")
    #expect(try parsed(#""\ud83d\u0041""#) == "\u{FFFD}A")
    #expect(try parsed(#""\ude00""#) == "\u{FFFD}")
  }

  @Test("blanks around values mean nothing")
  func blanks() throws {
    #expect(try parsed(" \n\t{ \"a\" :\r[ 1 , true , null ] } \n") == ["a": [1, true, nil]])
    #expect(try parsed("[]") == [])
    #expect(try parsed("{ }") == .object([:]))
  }

  @Test("NaN and infinities are refused, unless they are asked for", arguments: ["NaN", "Infinity", "-Infinity"])
  func nonFinite(token: String) throws {
    let error = #expect(throws: JSONError.self) { try parsed("[1,\(token)]") }
    #expect(error?.offset == 3)
    let taken = try JSON(parsing: "[1,\(token)]", nonFinite: .accept).array?.last?.number
    #expect(taken?.isFinite == false)
  }

  @Test("a number beyond the range of reals is refused, not taken as infinite")
  func range() {
    #expect(throws: JSONError.self) { try parsed("1e400") }
    #expect(throws: JSONError.self) { try parsed("[-1e999]") }
  }

  @Test("200 levels are read, deeper ones refused")
  func depth() throws {
    func nested(_ levels: Int) -> String {
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    #expect(try parsed(nested(200)).array?.count == 1)
    let error = #expect(throws: JSONError.self) { try parsed(nested(201)) }
    #expect(error?.reason.contains("200") == true)
    #expect(throws: JSONError.self) { try parsed(String(repeating: "{\"a\":", count: 100_000)) }
    // Neighbours are not deeper than one of them.
    let flat = "[" + Array(repeating: "[]", count: 1_000).joined(separator: ",") + "]"
    #expect(try parsed(flat).array?.count == 1_000)
  }

  @Test(
    "text that is no JSON is refused, with the place",
    arguments: [
      ("", 0), ("  ", 2), ("{", 1), ("[1,]", 3), ("[1 2]", 3), ("[1", 2), (#"{"a" 1}"#, 5), (#"{"a":}"#, 5),
      (#"{"a":1,}"#, 7), ("{a:1}", 1), (#"{"a":1 "b":2}"#, 7), ("'a'", 0), (#""abc"#, 4), ("1 x", 2), ("[1]]", 3),
      ("-", 1), ("1.", 2), ("1e", 2), (".5", 0), ("+1", 0), ("tru", 0), ("nul", 0), ("True", 0), ("\"a\nb\"", 2),
      ("01", 0), ("[-012]", 1),
    ])
  func malformed(text: String, offset: Int) {
    let error = #expect(throws: JSONError.self) { try parsed(text) }
    #expect(error?.offset == offset, "\(error?.description ?? "")")
    #expect(error?.description.contains("byte \(offset)") == true)
  }

  @Test("wrong escapes and bytes that are no UTF-8 are refused")
  func strings() {
    for text in [#""\x""#, #""\u12""#, #""\u12g4""#, #""\"#, #""\ud83d\u12""#] {
      #expect(throws: JSONError.self, "\(text)") { try parsed(text) }
    }
    for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0x5C, 0x6E, 0xED, 0xA0, 0x80, 0x22]] as [[UInt8]] {
      #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }
  }

  @Test("no beginning of a text is taken for the whole")
  func prefixes() {
    let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00"],"b":{"c":null,"d":true}}"#.utf8)
    for length in 0..<text.count {
      #expect(throws: JSONError.self, "\(length)") { try JSON(parsing: Array(text[..<length])) }
    }
  }
}
