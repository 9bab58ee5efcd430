import Competition
import Testing

@testable import ReportWorker

@Suite("The routes of what snapshots measured", .timeLimit(.minutes(2)))
struct SummaryRouteTests {
  /// Snapshots of a minute each before now: 1 to 3 of a, 2 of b, 2 of an ensemble.
  static func fill(_ bench: ReportBench) async throws {
    try await bench.addModels()
    try await bench.run(
      """
      INSERT INTO snapshots (id, model_id, period_start, period_end, prediction_count, result_summary_jsonb, created_at)
      SELECT m || i, m, $1::timestamptz - (i + 1) * interval '1 minute', $1::timestamptz - i * interval '1 minute', i,
        summary::jsonb, $1::timestamptz - i * interval '1 minute'
      FROM (VALUES
        (1, 'a', '{"value": 0.5, "ic": 1, "ok": true, "text": "x", "none": null}'), (2, 'a', '{"value": 0.25}'),
        (3, 'a', '{"value": 1e300}'), (2, 'b', '{"value": -1}'), (2, '__ensemble_main__', '{"ic": 0.75}')
      ) rows (i, m, summary)
      """, [.time(ReportBench.now.microseconds)])
  }

  @Test("each snapshot of a range is a row of its numbers, ascending by its creation")
  func metrics() async throws {
    try await ReportBench.with { bench in
      try await Self.fill(bench)
      let rows = try await bench.get("/reports/models/metrics").rows
      #expect(rows.map { $0["model_id"] } == ["a", "a", "b", "a"])
      #expect(
        rows.last == [
          "model_id": "a", "performed_at": "2026-02-13T11:59:00", "prediction_count": 1, "value": 0.5, "ic": 1,
          "ok": true,
        ])
      let text = try await bench.get("/reports/models/metrics?projectIds=a").text
      #expect(text.contains("\"value\":1" + String(repeating: "0", count: 300)), "numbers keep their spelling")
      func count(_ query: String) async throws -> Int {
        try await bench.get("/reports/models/metrics?" + query).rows.count
      }
      #expect(try await count("include_ensembles=true") == 5)
      #expect(try await count("projectIds=b,nobody") == 1)
      #expect(try await count("projectIds=") == 0)
      #expect(try await count("end=2026-02-13T11:58:30") == 4, "those that overlap the range")
      #expect(try await count("start=2026-02-13T11:58:30Z") == 1)
    }
  }

  @Test("many are thinned, by whole periods, or come page by page")
  func many() async throws {
    try await ReportBench.with { bench in
      try await bench.addModels()
      try await bench.run(
        """
        INSERT INTO snapshots (id, model_id, period_start, period_end, result_summary_jsonb, created_at)
        SELECT m || i, m, t - interval '1 minute', t, '{"value": 1}', t
        FROM generate_series(1, 300) i CROSS JOIN (VALUES ('a'), ('b')) models (m)
        CROSS JOIN LATERAL (SELECT $1::timestamptz - i * interval '1 minute' AS t) times
        """, [.time(ReportBench.now.microseconds)])
      let path = "/reports/models/metrics?start=2026-02-13T06:00:00Z"
      #expect(try await bench.get(path).rows.count == 600)
      let thinned = try await bench.get(path + "&limit=100").rows
      #expect(thinned.count <= 100 && thinned.count >= 50)
      let moments = Dictionary(grouping: thinned) { $0["performed_at"]?.string ?? "" }
      #expect(moments.values.allSatisfy { $0.count == 2 }, "all models of a moment")
      let hourly = try await bench.get(path + "&resolution=3600").rows
      #expect(Set(hourly.map { $0["performed_at"] }).count <= 6 && !hourly.isEmpty)

      var next: String? = path + "&limit=250&cursor="
      var seen: [JSON] = []
      while let page = next {
        let reply = try await bench.get(page)
        #expect(reply.rows.count <= 250)
        seen += reply.rows
        next = reply.headers["link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
      }
      #expect(seen == (try await bench.get(path).rows))
    }
  }

  @Test("each model's newest snapshot of a range is a row, in the order asked for")
  func summary() async throws {
    try await ReportBench.with { bench in
      try await Self.fill(bench)
      let rows = try await bench.get("/reports/models/summary").rows
      #expect(rows == [["model_id": "a", "value": 0.5, "ic": 1, "ok": true], ["model_id": "b", "value": -1]])
      let asked = try await bench.get("/reports/models/summary?projectIds=b,nobody,a,b").rows
      #expect(asked.map { $0["model_id"] } == ["b", "a"])
      let ensembles = try await bench.get("/reports/models/summary?include_ensembles=1").rows
      #expect(Set(ensembles.map { $0["model_id"]?.string }) == ["a", "b", "__ensemble_main__"])
      let earlier = try await bench.get("/reports/models/summary?end=2026-02-13T11:57:30").rows
      #expect(earlier.map { $0["value"] } == [0.25, -1])
    }
  }

  @Test("the numbers of the newest snapshot are metrics of the rolling scores too, unless a window has their name")
  func global() async throws {
    try await ReportBench.with { bench in
      try await Self.fill(bench)
      try await bench.addPrediction("p", secondsAgo: 90, result: ["value": 3])
      try await bench.run(
        "UPDATE snapshots SET result_summary_jsonb = result_summary_jsonb || '{\"score_recent\": 9}' WHERE id = 'a1'")
      let row = try #require(try await bench.get("/reports/models/global").rows.first)
      #expect(
        row["score_metrics"] == [
          "score_recent": 3.0, "score_steady": 3.0, "score_anchor": 3.0, "ok": true, "ic": 1, "value": 0.5,
        ])
      #expect(row["ic"]?.number == 1 && row["score_ic"]?.number == 1 && row["ok"]?.number == 1)
      #expect(row["score_recent"]?.number == 3)
      #expect(try await bench.get("/reports/models/params").rows.first?["ic"] == nil)
    }
  }
}
