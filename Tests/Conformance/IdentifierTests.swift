import Competition
import Testing
import VectorKit

@Suite("Identifiers are those of the original")
struct IdentifierTests {
  @Test("feed records and watermarks", arguments: ["v011", "v101"])
  func feeds(version: String) throws {
    for item in try Vectors("\(version)_feed_ids").cases {
      let input = item.input
      let key = FeedKey(
        source: input["source"]?.string ?? "", subject: input["subject"]?.string ?? "",
        kind: FeedKind(rawValue: input["kind"]?.string ?? ""), granularity: input["granularity"]?.string ?? "")
      let time = try #require(input["ts_event"]?.time, "\(item)")
      #expect(RecordIDs.feedRecord(key, eventTime: time) == item.expected?["record_id"]?.string, "\(item)")
      #expect(RecordIDs.watermark(key) == item.expected?["watermark_id"]?.string, "\(item)")
    }
  }

  @Test("predictions, absences and scores", arguments: ["v011", "v101"])
  func predictions(version: String) throws {
    for item in try Vectors("\(version)_prediction_ids").cases {
      let input = item.input
      let (model, scope) = (input["model_id"]?.string ?? "", input["scope_key"]?.string ?? "")
      let time = try #require(input["now"]?.time, "\(item)")
      let id =
        input["status"]?.string == "ABSENT"
        ? RecordIDs.absent(model: model, scopeKey: scope, at: time)
        : RecordIDs.prediction(model: model, scopeKey: scope, at: time)
      #expect(id == item.expected?["id"]?.string, "\(item)")
      #expect(RecordIDs.score(predictionID: id) == item.expected?["score_id"]?.string ?? "SCR_\(id)", "\(item)")
    }
  }

  @Test("inputs, leaderboards, snapshots and checkpoints", arguments: ["v011", "v101"])
  func records(version: String) throws {
    for item in try Vectors("\(version)_record_ids").cases {
      let time = try #require(item.input["now"]?.time, "\(item)")
      let expected = try #require(item.expected)
      #expect(RecordIDs.input(at: time) == expected["input_id"]?.string, "\(item)")
      #expect(RecordIDs.leaderboard(at: time) == expected["leaderboard_id"]?.string, "\(item)")
      #expect(
        RecordIDs.snapshot(model: item.input["model_id"]?.string ?? "", at: time) == expected["snapshot_id"]?.string,
        "\(item)")
      #expect(RecordIDs.checkpoint(at: time) == expected["checkpoint_id"]?.string, "\(item)")
    }
  }
}
