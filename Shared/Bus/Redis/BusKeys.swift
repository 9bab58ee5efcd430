/// The keys of the bus in Redis, all behind one prefix. A prefix such as `{my-crunch}:` keeps them in one slot of a
/// cluster.
struct BusKeys: Sendable {
  let prefix: String

  func stream(_ stream: BusStream) -> String { prefix + stream.rawValue }
  /// Stream of the entries that are for a newer worker.
  func parked(_ stream: BusStream) -> String { prefix + stream.rawValue + ".parked" }
  /// Sorted set of the tasks that wait, by the millisecond at which they become due.
  var delayed: String { prefix + "predictions.delayed" }
  /// Is there as long as Redis keeps its data.
  var marker: String { prefix + "bus.marker" }
  /// Sorted set of the workers that live, by the millisecond at which they count as gone.
  var workers: String { prefix + "bus.workers" }
  /// Hash of what they say of themselves.
  var notes: String { prefix + "bus.workers.notes" }
  /// Who looks for run-out leases now.
  func sweeper(_ stream: BusStream) -> String { prefix + stream.rawValue + ".sweeper" }
  /// Where the look for run-out leases goes on.
  func cursor(_ stream: BusStream) -> String { prefix + stream.rawValue + ".cursor" }
}
