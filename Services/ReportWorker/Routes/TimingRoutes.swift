import Competition

// Where the time of predictions goes: /timing-metrics.

extension ReportAPI {
  var timingRoutes: [Route] {
    [
      .get(
        "/timing-metrics", "Where the time of the newest predictions went, stage by stage.",
        .integer(
          "limit", default: 1_000, in: Int.min...10_000, "The most predictions that are looked at; below 1 it is 1."),
        answers: .json(.named("Timing"), "Figures in microseconds."), missing: "It is switched off.",
        freshness: .momentary
      ) { _, limit in
        guard configuration.showsTiming else { throw APIError.notFound("Timing metrics endpoint is disabled") }
        return Answer(.object(TimingReport.report(of: try await store.timings(limit: max(1, limit)))))
      }
    ]
  }
}
