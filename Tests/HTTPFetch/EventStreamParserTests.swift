import HTTPFetch
import Testing

@Suite("Server-sent events")
struct EventStreamParserTests {
  private typealias Event = EventStreamParser.Event

  private static let body = """
    \u{FEFF}: hello

    data: one

    data:two
    data: lines

    event: error
    id: 7
    data: {"a":1}
    retry: 10

    event: nothing

    :

    data

    data: cut off
    """
  private static let events = [
    Event(data: "one"), Event(data: "two\nlines"), Event(name: "error", data: "{\"a\":1}"), Event(data: ""),
  ]

  @Test("are the same wherever their bytes are cut, and whatever ends their lines", arguments: ["\n", "\r", "\r\n"])
  func cuts(newline: String) {
    let bytes = Array(Self.body.replacing("\n", with: newline).utf8)
    for size in 1...bytes.count {
      var parser = EventStreamParser()
      var found: [Event] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        found += parser.take(bytes[start..<min(start + size, bytes.count)])
      }
      #expect(found == Self.events, "\(size)")
    }
  }

  @Test("that are too long are dropped, and the next is taken")
  func tooLong() {
    var parser = EventStreamParser(longest: 100)
    let long = String(repeating: "x", count: 1_000)
    #expect(parser.take(Array("data: \(long)\n\ndata: short\n\n".utf8)) == [Event(data: "short")])
    #expect(parser.dropped == 1)
  }
}
