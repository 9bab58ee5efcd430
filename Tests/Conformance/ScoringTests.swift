import Competition
import Testing
import VectorKit

@Suite("Truth, scores and snapshots are those of the original")
struct ScoringTests {
  /// Decision 10: our default function really scores, so `value` differs; everything else of the result is the original's.
  @Test("the default score succeeds on everything the original takes", arguments: ["v011", "v101"])
  func defaultScore(version: String) async throws {
    for item in try Vectors("\(version)_default_score").cases {
      guard let output = item.input["prediction"]?.object, output["value"]?.floatValue?.isFinite == true,
        let truth = item.input["ground_truth"]?.object, (truth["profit"] ?? truth["return"])?.number?.isFinite == true
      else { continue }
      let outcome = await DirectionalScore().score(outputs: [output], truth: truth, scope: [:])[0]
      guard case .scored(let result) = outcome else {
        Issue.record("\(item): \(outcome)")
        continue
      }
      #expect(result["success"] == item.expected?["success"], "\(item)")
      #expect(result["failed_reason"] == item.expected?["failed_reason"], "\(item)")
      #expect(result["value"]?.number?.isFinite == true, "\(item)")
    }
  }

  /// Ours adds `return`; where the original raises, ours tells no truth.
  @Test("the default truth of 0.1.101")
  func truth() throws {
    for item in try Vectors("v101_resolve_ground_truth").cases {
      var value = DefaultGroundTruth.value(of: try records(item.input))
      #expect(value?["return"] == value?["profit"], "\(item)")
      value?["return"] = nil
      let expected = item.expected ?? .null
      guard isFinite(expected) else {
        #expect(value == nil, "\(item)")
        continue
      }
      #expect(
        agree(value.map(JSON.object) ?? .null, expected), "\(item): \(value.map { JSON.object($0).text } ?? "nil")")
    }
  }

  /// 0.1.1 reads prices in another way where `close` is missing or no number; where it is one, both agree.
  @Test("the return of 0.1.1 where prices are plain numbers")
  func oldTruth() throws {
    for item in try Vectors("v011_resolve_ground_truth").cases {
      let records = try records(item.input)
      guard records.count >= 2,
        [records[0], records[records.count - 1]].allSatisfy({ $0.values["close"]?.number.map { $0 > 1e-6 } ?? false }),
        let expected = item.expected, isFinite(expected)
      else { continue }
      let value = DefaultGroundTruth.value(of: records)
      for key in ["entry_price", "resolved_price", "return", "direction_up"] {
        #expect(agree(value?[key] ?? .null, expected[key] ?? .null), "\(item) \(key)")
      }
    }
  }

  private func records(_ input: JSON) throws -> [FeedRecord] {
    try (input["records"]?.array ?? []).map { record in
      let time = try #require(record["ts_event"]?.time)
      return FeedRecord(
        key: FeedKey(
          source: record["source"]?.string ?? "", subject: record["subject"]?.string ?? "",
          kind: FeedKind(rawValue: record["kind"]?.string ?? ""), granularity: record["granularity"]?.string ?? ""),
        eventTime: time, ingestedTime: time, values: record["values"]?.object ?? [:])
    }
  }

  private func isFinite(_ value: JSON) -> Bool { value.isFinite }

  /// Booleans are no numbers (architecture, rules of the domain), the bookkeeping of a result is not aggregated, and a mean
  /// that is not finite is left out. In 0.1.1 only numbers are kept at all.
  @Test("the default aggregation, booleans aside", arguments: ["v011", "v101"])
  func aggregation(version: String) throws {
    for item in try Vectors("\(version)_aggregate_snapshot").cases {
      guard let expected = item.expected?.object else { continue }
      let results = (item.input["score_results"]?.array ?? []).compactMap(\.object)
      let summary = SnapshotAggregation.summary(of: results)
      for member in expected where !["success", "failed_reason"].contains(member.key) && member.value.isFinite {
        let hasBoolean = results.contains { $0[member.key]?.bool != nil }
        if !hasBoolean { #expect(agree(summary[member.key] ?? .null, member.value), "\(item) \(member.key)") }
      }
      for key in summary.keys where version == "v101" { #expect(expected[key] != nil, "\(item) \(key)") }
    }
  }
}
