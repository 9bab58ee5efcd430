import Competition
import Foundation
import VectorKit

/// What the vectors of feeds have in common.
extension Vectors.Case {
  /// Whether the original raises.
  var isRefused: Bool { members["expected"] == JSON?.none }
  var request: JSON { input["request"] ?? .null }
  var records: [JSON] { expected?["records"]?.array ?? [] }
}

extension JSON {
  /// The feed of this request, about one of its subjects.
  func key(source: String, subject: String) -> FeedKey {
    FeedKey(
      source: source, subject: subject, kind: FeedKind(rawValue: self["kind"]?.string ?? ""),
      // As the settings do; the original trims later.
      granularity: (self["granularity"]?.string ?? "").trimmingCharacters(in: .whitespaces))
  }

  var subjects: [String] { (self["subjects"]?.array ?? []).compactMap(\.string) }
  var epoch: Timestamp? { int.map { Timestamp(seconds: $0) } }
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
