/// The keys of the bus in Redis, all behind one prefix. A prefix such as `{my-crunch}:` keeps them in one slot of a
/// cluster.
struct BusKeys: Sendable {
  let prefix: String

  func stream(_ stream: BusStream) -> String { prefix + stream.rawValue }
  /// Sorted set of the tasks that wait, by the millisecond at which they become due.
  var delayed: String { prefix + "predictions.delayed" }
  /// Is there as long as Redis keeps its data.
  var marker: String { prefix + "bus.marker" }
}
