import Bus
import Competition
import Logging
import Metrics
import Store

extension Store {
  /// Keeps an entry that could not be read where an operator finds it. A damaged one was taken out of the stream, and what
  /// it was about is published again from PostgreSQL; one of a newer version stays there for a newer worker.
  public func park(
    _ rejected: RejectedEntry, of stream: BusStream, worker: String, logger: Logger
  ) async throws {
    Counter(label: "coordinator_entries_rejected_total", dimensions: [("stream", stream.rawValue)]).increment()
    logger.warning("entry rejected", metadata: ["stream": "\(stream.rawValue)", "entry": "\(rejected)"])
    guard rejected.isDropped else { return }
    // NUL has no place in a text of PostgreSQL.
    let payload = JSONObject(
      rejected.entry.fields.map { ($0.name, .string($0.value.replacing("\0", with: "\u{FFFD}"))) })
    try await persistently("record a dead letter", logger: logger) {
      try await deadLetters.record(
        stream: stream.rawValue, entryID: rejected.entry.id.description, kind: "decoding", cause: "\(rejected.error)",
        payload: payload, deliveries: 1, worker: worker)
    }
  }
}
