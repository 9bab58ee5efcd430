import Bus
import Competition
import Logging
import Metrics
import Store

/// Ends entries that could not be read. A damaged one is kept as a dead letter before it is taken out of the stream; what it
/// was about is published again from PostgreSQL. One of a newer version is parked for a newer worker.
public func reject<Message: BusMessage>(
  _ rejected: [RejectedEntry], of consumer: any BusConsumer<Message>, in store: any ScoringStore, worker: String,
  logger: Logger
) async throws {
  guard !rejected.isEmpty else { return }
  let corrupt = rejected.filter(\.isCorrupt)
  let stream = Message.stream.rawValue
  Counter(label: "coordinator_entries_corrupt_total", dimensions: [("stream", stream)]).increment(by: corrupt.count)
  Counter(label: "coordinator_entries_parked_total", dimensions: [("stream", stream)])
    .increment(by: rejected.count - corrupt.count)
  logger.warning(
    "entries rejected",
    metadata: [
      "stream": "\(stream)", "corrupt": "\(corrupt.count)", "parked": "\(rejected.count - corrupt.count)",
      "first": "\(rejected[0])",
    ])
  let letters = corrupt.map { entry in
    NewDeadLetter(
      stream: stream, entryID: entry.entry.id.description, kind: FailureKind.decoding.rawValue,
      cause: "\(entry.error)", fields: entry.entry.fields, deliveries: entry.deliveries, worker: worker)
  }
  try await persistently("record dead letters", logger: logger) { try await store.recordDeadLetters(letters) }
  try await persistently("take rejected entries out", logger: logger) { try await consumer.discard(rejected) }
}
