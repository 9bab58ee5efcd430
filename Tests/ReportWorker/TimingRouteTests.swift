import Competition
import Testing

@testable import ReportWorker

@Suite("The route of timings", .timeLimit(.minutes(2)))
struct TimingRouteTests {
  @Test("stages are those of the newest predictions that carry moments; without any there are zeros")
  func stages() async throws {
    try await ReportBench.with { bench in
      let none = try await bench.get("/timing-metrics").json
      #expect(none["total_records"] == 0 && none["stage_latencies"] == [] && none["recent_samples"] == [])
      try await bench.addModels()
      for index in 1...3 { try await bench.addPrediction("p\(index)", secondsAgo: 10 * index) }
      try await bench.run(
        """
        UPDATE predictions SET meta_jsonb = jsonb_build_object('timing', jsonb_build_object(
          'feed_received_us', 1000, 'persistence_completed_us', 1000 + 100 * right(id, 1)::integer))
        WHERE id <> 'p3'
        """)
      let report = try await bench.get("/timing-metrics").json
      #expect(report["enabled"] == true && report["total_records"] == 2)
      let whole = try #require(report["stage_latencies"]?.array?.last)
      #expect(whole["step"] == "total" && whole["mean_us"]?.number == 150 && whole["count"] == 2)
      #expect(report["recent_samples"]?.array?.map { $0["prediction_id"] } == ["p1", "p2"])
      for limit in ["1", "0", "-5"] {
        #expect(try await bench.get("/timing-metrics?limit=\(limit)").json["total_records"] == 1)
      }
      #expect(try await bench.get("/timing-metrics?limit=10001").status == 422)
    }
    try await ReportBench.with(configure: { $0.showsTiming = false }) { bench in
      let off = try await bench.get("/timing-metrics")
      #expect(off.status == 404 && off.detail == "Timing metrics endpoint is disabled")
    }
  }
}
