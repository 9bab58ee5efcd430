/// A stretch of a prediction's way, between two moments that its `meta.timing` holds in microseconds since 1970.
struct TimingStage: Sendable, Hashable {
  var name: String
  var start: String
  var end: String

  /// In the order of the way; the last is the whole of it.
  static let all: [TimingStage] = [
    TimingStage(name: "feed_ingestion", start: "feed_received_us", end: "feed_normalized_us"),
    TimingStage(name: "feed_persistence", start: "feed_normalized_us", end: "feed_persisted_us"),
    TimingStage(name: "notify_latency", start: "notify_sent_us", end: "notify_received_us"),
    TimingStage(name: "data_loading", start: "notify_received_us", end: "data_loaded_us"),
    TimingStage(name: "pre_model", start: "data_loaded_us", end: "models_dispatched_us"),
    TimingStage(name: "model_execution", start: "models_dispatched_us", end: "models_completed_us"),
    TimingStage(name: "post_model", start: "models_completed_us", end: "callback_started_us"),
    TimingStage(name: "callback_execution", start: "callback_started_us", end: "callback_completed_us"),
    TimingStage(name: "prediction_persistence", start: "callback_completed_us", end: "persistence_completed_us"),
    whole,
  ]

  static let whole = TimingStage(name: "end_to_end", start: "feed_received_us", end: "persistence_completed_us")

  /// What the stage took in each record, in microseconds, ascending. Records that lack a moment, or whose clocks disagree
  /// so far that the end lies before the start, are left out.
  func durations(_ records: [TimingRecord]) -> [Int64] {
    records.compactMap { record in
      guard let start = record.moments[start]?.int, let end = record.moments[end]?.int else { return nil }
      let (duration, isOverflow) = end.subtractingReportingOverflow(start)
      return isOverflow || duration < 0 ? nil : duration
    }.sorted()
  }
}
