import Competition
import Logging
import Testing

@testable import ServiceKit

@Suite("Log lines")
struct LineLogHandlerTests {
  private func line(
    _ message: Logger.Message, _ metadata: Logger.Metadata = [:], own: Logger.Metadata = [:], json: Bool
  ) -> String {
    let handler = LineLogHandler(metadata: own, logLevel: .info, label: "score-worker", isJSON: json)
    return handler.line(
      LogEvent(
        level: .warning, message: message, metadata: metadata, source: "s", file: "f", function: "g", line: 1))
  }

  @Test("a JSON line says when, how grave, who and what, and reads as JSON")
  func json() throws {
    let object = try #require(
      JSON(parsing: line("it \"failed\"", ["task": "7"], own: ["worker": "w"], json: true)).object)
    #expect(object["level"] == "warning" && object["service"] == "score-worker")
    #expect(object["message"] == "it \"failed\"" && object["task"] == "7" && object["worker"] == "w")
    #expect(object["time"]?.string.flatMap { Timestamp(iso8601: $0) } != nil)
  }

  @Test("line breaks in messages and values forge no further line", arguments: [true, false])
  func oneLine(json: Bool) {
    let text = line("first\nINFO forged", ["cause": "a\r\nb\nc"], json: json)
    #expect(!text.contains { $0.isNewline })
    #expect(text.contains("forged"))
  }

  @Test("a plain line has its parts in order, its fields by name")
  func plain() {
    let text = line("it failed", ["b": "2", "a": "1"], json: false)
    #expect(text.dropFirst(8) == " WARNING score-worker: it failed a=1 b=2")
    #expect(text.prefix(8).filter { $0 == ":" }.count == 2)
  }

  @Test("a field of the event goes before the handler's own of the same name")
  func merging() throws {
    let text = line("x", ["task": "event"], own: ["task": "handler"], json: true)
    #expect(try JSON(parsing: text)["task"] == "event")
  }

  @Test("no field takes the place of the message, the level, the time or the service")
  func reservedNames() throws {
    let fields: Logger.Metadata = ["message": "x", "level": "info", "time": "now", "service": "other"]
    let object = try JSON(parsing: line("real", fields, json: true))
    #expect(object["message"] == "real" && object["level"] == "warning" && object["service"] == "score-worker")
    #expect(object["time"] != "now")
  }
}
