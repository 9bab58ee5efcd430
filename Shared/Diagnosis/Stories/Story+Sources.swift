import Competition
import Store

// Where predictions come from: configs, models, feeds.

extension Story {
  package init(_ config: ScheduledPredictionConfig, slots: [SlotTrace], now: Timestamp) {
    let interval = config.schedule.predictionIntervalSeconds
    let start = PredictionSchedule.slot(at: now, intervalSeconds: interval) + 1
    let wait = Timestamp(seconds: start * Int64(interval)).seconds(since: now)
    self.init(
      kind: "config", id: config.id, state: config.isActive ? "active" : "inactive",
      why: config.isActive
        ? (slots.isEmpty ? "it has not fired yet" : "it fires once every \(interval) s for each subject")
        : "it was changed or taken out of the file; predictions still refer to it",
      next: config.isActive
        ? "the next slot begins in \(Spoken.span(wait)); the first live record in it fires" : "nothing")
    fact("scope key", config.scopeKey)
    fact("template", config.scopeTemplate.isEmpty ? nil : JSON.object(config.scopeTemplate).text)
    fact("interval", "\(interval) s")
    fact("horizon", "\(config.schedule.resolveAfterSeconds) s")
    fact("order", String(config.order))
    rows = ["scheduled_prediction_configs \(config.id)"]
    for slot in slots {
      event(
        slot.performedAt,
        "newest slot of \(slot.subject): \(slot.slot), \(slot.models) models asked"
          + (slot.worker.isEmpty ? "" : " by \(slot.worker)") + (slot.answeredAt == nil ? ", not all heard yet" : ""))
    }
  }

  package init(_ trace: ModelTrace, now: Timestamp) {
    let model = trace.model
    let lastSeen = trace.newestAt.map { now.seconds(since: $0) }
    self.init(
      kind: "model", id: model.id, state: trace.newestPrediction == nil ? "silent" : "known",
      why: lastSeen.map { "it was asked last \(Spoken.span(max(0, $0))) ago" }
        ?? "none of the newest \(ExplainStore.newestRows) predictions is its own",
      next: "every slot asks it as long as its orchestrator says that it runs; else it is recorded as ABSENT")
    fact("name", model.name)
    fact("player", model.playerName.isEmpty ? model.playerID : "\(model.playerName) (\(model.playerID))")
    fact("deployment", model.deploymentIdentifier)
    fact("lately", "\(Self.text(trace.recent)) of the newest \(ExplainStore.newestRows) predictions")
    fact("newest", trace.newestPrediction)
    event(model.createdAt, "first seen")
    event(trace.newestAt, "newest prediction: \(trace.newestPrediction ?? "")")
    rows = ["models \(model.id)"]
    if let snapshot = trace.snapshot {
      event(
        snapshot.snapshot.periodEnd,
        "newest snapshot: \(snapshot.snapshot.predictionCount) scores, "
          + JSON.object(snapshot.snapshot.resultSummary).text)
      rows.append("snapshots \(snapshot.snapshot.id)")
    }
  }

  /// - Parameter inputs: those that this record completed.
  package init(_ record: FeedRecord, id: String, inputs: [String], keptDays: Int) {
    self.init(
      kind: "feed record", id: id, state: record.isClosed ? "final" : "forming",
      why: record.isClosed
        ? "its values are final, and truths may be made of them" : "it was taken in before its end",
      next: record.isClosed
        ? "it is deleted when it is \(keptDays) days old" : "the next poll replaces it by its final values")
    fact("feed", RecordIDs.watermark(record.key))
    fact("values", JSON.object(record.values).text)
    fact("inputs", inputs.joined(separator: ", "))
    event(record.eventTime, record.key.kind == .candle ? "candle begins" : "tick")
    if record.knownTime != record.eventTime { event(record.knownTime, "candle ends: its price is known") }
    event(record.ingestedTime, "taken in")
    rows = ["feed_records \(id)"]
  }

  package init(_ feed: FeedSummary, id: String, newest: FeedRecord?, now: Timestamp) {
    let age = feed.watermark.map { now.seconds(since: $0) }
    self.init(
      kind: "watermark", id: id, state: feed.phase.isEmpty ? "known" : feed.phase,
      why: age.map { "its newest record is \(Spoken.span(max(0, $0))) old" } ?? "it has brought no record yet",
      next: "the feed worker goes on from here, also after a restart")
    fact("newest record", newest.map { RecordIDs.feedRecord($0.key, eventTime: $0.eventTime) })
    fact("values", newest.map { JSON.object($0.values).text })
    event(feed.watermark, "newest record ever taken in")
    event(feed.updatedAt, "moved last")
    rows = ["feed_ingestion_state \(id)"]
  }
}
