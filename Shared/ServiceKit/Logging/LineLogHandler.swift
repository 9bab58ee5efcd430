import Competition
import Foundation
import Logging

/// Writes log lines to standard error: JSON for machines, or plain ones for people.
struct LineLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level
  let label: String
  let isJSON: Bool

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    // One write a line, so that lines of several threads do not mix.
    FileHandle.standardError.write(Data((line(event) + "\n").utf8))
  }

  /// The line of an event, without its end.
  func line(_ event: LogEvent) -> String {
    let fields = metadata.merging(event.metadata ?? [:]) { _, last in last }.sorted { $0.key < $1.key }
    return isJSON ? json(event, fields) : plain(event, fields)
  }

  private func json(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
    var object: JSONObject = [
      "time": .string(Timestamp.now().iso8601(.z)), "level": .string(event.level.rawValue), "service": .string(label),
      "message": .string(event.message.description),
    ]
    for field in fields where object[field.key] == nil { object[field.key] = .string(field.value.description) }
    return JSON.object(object).text
  }

  private func plain(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
    let time = Timestamp.now().iso8601(.z).dropFirst(11).prefix(8)
    let details = fields.map { " \($0.key)=\($0.value)" }.joined()
    let line = "\(time) \(event.level.rawValue.uppercased()) \(label): \(event.message)\(details)"
    // Line breaks inside a value would forge further lines, and a carriage return would hide the line.
    return line.contains(where: \.isNewline) ? line.map { $0.isNewline ? "\\n" : String($0) }.joined() : line
  }
}

/// Makes the process's loggers write lines as the settings say.
public enum Logs {
  public static func bootstrap(level: String, format: String) {
    let isJSON = format == "json" || (format == "auto" && isatty(STDERR_FILENO) == 0)
    let level = Logger.Level(rawValue: level) ?? .info
    LoggingSystem.bootstrap { LineLogHandler(logLevel: level, label: $0, isJSON: isJSON) }
  }
}
