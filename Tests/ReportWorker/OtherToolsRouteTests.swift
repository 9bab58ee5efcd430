import Competition
import TestKit
import Testing

@testable import ReportWorker

/// What routes answer over rows that were written straight into the original's tables.
@Suite("The routes over rows of other tools", .timeLimit(.minutes(2)))
struct OtherToolsRouteTests {
  @Test("predictions: a row for each score, failed unless the score says that it succeeded")
  func predictions() async throws {
    try await ReportBench.with { bench in
      try await bench.run(OriginalTables.self)
      let rows = try await bench.get("/reports/predictions").rows
      func column(_ name: String) -> [JSON?] { rows.map { $0[name] } }
      #expect(column("model_id") == ["r1", "r1", "r1", "r1", "r2", "r2"])
      #expect(
        column("prediction_config_id") == ["CFG_R1", "CFG_R1", "CFG_R2", nil, nil, "CFG_GONE"].map { $0 ?? .null })
      #expect(column("score_value") == [1.0, 3.0, nil, nil, nil, nil].map { $0.map { .double($0) } ?? .null })
      #expect(column("score_failed") == [false, true, true, false, true, true])
      #expect(column("score_success") == column("score_failed"))
      let unscored: JSON = "Prediction not scored"
      #expect(column("score_failed_reason") == [.null, "no word", .null, .null, unscored, unscored])
      #expect(column("scope") == [[:], [:], ["subject": "BTC"], [:], [:], [:]])
      #expect(column("scored_at").prefix(2) == ["2026-02-13T11:01:00", "2026-02-13T11:02:00"])
      #expect(column("performed_at").last == "2026-02-13T11:00:04")
    }
  }

  @Test("rolling scores: a score that does not say whether it succeeded counts, one whose value is no number does not")
  func rollingScores() async throws {
    try await ReportBench.with { bench in
      try await bench.run(OriginalTables.self)
      let models = try await bench.get("/reports/models/global").rows
      #expect(models.map { $0["model_id"] } == ["r1"])
      for name in ["score_recent", "score_score_recent"] { #expect(models.first?[name] == .double(2)) }
      #expect(models.first?["performed_at"] == "2026-02-13T11:00:02")
      // Of two snapshots of the same period the one with the greater id: it has no figures.
      #expect(models.first?["score_metrics"]?.object?.keys == ["score_recent", "score_steady", "score_anchor"])
      let scopes = try await bench.get("/reports/models/params").rows
      #expect(scopes.map { [$0["model_id"], $0["scope_key"], $0["scope"]] } == [["r1", "S", [:]]])
    }
  }

  @Test("lists and single things: what is null or of another shape is empty, what is there twice is shown twice")
  func others() async throws {
    try await ReportBench.with { bench in
      try await bench.run(OriginalTables.self)
      #expect(
        try await bench.get("/reports/leaderboard").rows.map { [$0["model_id"], $0["rank"], $0["score_metrics"]] }
          == [["r1", 1, [:]], ["r1", 1, [:]]])
      let checkpoints = try await bench.get("/reports/checkpoints").rows
      #expect(checkpoints.map { [$0["id"], $0["entries"], $0["meta"]] } == [["CR2", [], [:]], ["CR1", [], [:]]])
      #expect(checkpoints.first?["submitted_at"] == "2026-02-13T11:00:00Z" && checkpoints.first?["tx_hash"] == "")
      for path in ["emissions/latest", "checkpoints/CR1/emission", "checkpoints/CR2/prizes"] {
        let reply = try await bench.get("/reports/" + path)
        #expect(reply.status == 404 && reply.detail == "No emission data in checkpoint", "\(path)")
      }
      let snapshots = try await bench.get("/reports/snapshots").rows
      #expect(
        snapshots.map { [$0["id"], $0["prediction_count"], $0["result_summary"]] }
          == [["SR1", 1, ["value": 1.0]], ["SR2", -1, [:]]])
      #expect(
        try await bench.get("/reports/feeds").rows == [
          [
            "source": "", "subject": "", "kind": "", "granularity": "", "record_count": 2,
            "oldest_ts": "2026-02-13T11:00:00+00:00", "newest_ts": "2026-02-13T11:00:01+00:00", "watermark_ts": nil,
            "watermark_updated_at": "2026-02-13T11:00:00+00:00",
          ]
        ])
      #expect(
        try await bench.get("/reports/feeds/tail").rows.map { [$0["values"], $0["meta"]] } == [
          [[:], [:]], [[:], [:]],
        ])
      #expect(try await bench.get("/reports/backfill/jobs").rows.map { $0["id"] } == ["BR2", "BR1"])
      #expect(try await bench.get("/reports/merkle/cycles").rows.count == 2)
      let models = try await bench.get("/reports/models").rows
      #expect(models.map { $0["model_name"] } == ["", "Two"])
    }
  }
}
