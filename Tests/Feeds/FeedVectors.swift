import Competition
import Foundation
import Testing

/// Golden vectors of the originals: from `VECTORS_DIR` when it is set, else the project's copy.
enum FeedVectors {
  struct Case: Sendable {
    var id: String
    /// All members of the case: `input`, `expected` or `error`, and what else the file carries.
    var members: JSONObject
    var input: JSON { members["input"] ?? .null }
    var request: JSON { input["request"] ?? .null }
    /// Whether the original raises.
    var isRefused: Bool { members["error"] != nil }
    var records: [JSON] { members["expected"]?["records"]?.array ?? [] }
  }

  static let versions = ["v011", "v101"]

  static func cases(_ name: String) throws -> [Case] {
    let copy = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Conformance/Vectors")
    let folder = ProcessInfo.processInfo.environment["VECTORS_DIR"].map { URL(filePath: $0) } ?? copy
    let text = try String(contentsOf: folder.appending(path: name + ".json").standardizedFileURL, encoding: .utf8)
    return try #require(JSON(parsing: text)["cases"]?.array).map { item in
      Case(id: item["id"]?.string ?? "?", members: try #require(item.object))
    }
  }

  /// The feed of a case's request, about one of its subjects.
  static func key(_ request: JSON, source: String, subject: String) -> FeedKey {
    FeedKey(
      source: source, subject: subject, kind: FeedKind(rawValue: request["kind"]?.string ?? ""),
      // As the settings do, which refuse or trim what the original trims later.
      granularity: (request["granularity"]?.string ?? "").trimmingCharacters(in: .whitespaces))
  }

  static func subjects(_ request: JSON) -> [String] { (request["subjects"]?.array ?? []).compactMap(\.string) }
  static func time(_ value: JSON?) -> Timestamp? { value?.int.map { Timestamp(seconds: $0) } }
}

/// Whether two values are equal as the vectors mean it: numbers within 1e-9, `1` and `1.0` the same.
func agree(_ left: JSON, _ right: JSON) -> Bool {
  switch (left, right) {
  case (.array(let left), .array(let right)):
    return left.count == right.count && zip(left, right).allSatisfy(agree)
  case (.object(let left), .object(let right)):
    return left.count == right.count
      && left.allSatisfy { member in right[member.key].map { agree(member.value, $0) } ?? false }
  default:
    guard let first = left.number, let second = right.number else { return left == right }
    return abs(first - second) <= max(1e-12, 1e-9 * max(abs(first), abs(second)))
  }
}

/// Whether records are those of a vector: time and values, in order.
func agree(_ records: [FeedRecord], _ expected: [JSON]) -> Bool {
  records.count == expected.count
    && zip(records, expected).allSatisfy { record, expected in
      record.key.subject == expected["subject"]?.string && record.key.source == expected["source"]?.string
        && record.key.kind.rawValue == expected["kind"]?.string && record.eventTime.seconds == expected["ts_event"]?.int
        && agree(.object(record.values), expected["values"] ?? .null)
    }
}
