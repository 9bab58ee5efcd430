import Redis

/// What an audit asks for.
extension RedisBus {
  /// The tasks of entries that were handed out and acknowledged and still lie in the stream; nil when so much is in work
  /// that it is not looked through.
  public func acknowledgedTasks() async throws(BusError) -> [ScoreTask]? {
    let stream = BusStream.predictionsPending
    // In this order: what had been handed out and is not pending now was acknowledged in between or before.
    guard let last = try await lastDelivered(keys.stream(stream), group: stream.group.rawValue) else { return [] }
    let inWork = Set(try await pending(of: stream, limit: limits.scan).map(\.id))
    guard inWork.count < limits.scan else { return nil }
    let finished = try await entries(of: stream, after: nil, limit: limits.scan)
      .filter { $0.id <= last && !inWork.contains($0.id) }
    return Batch<ScoreTask>(reading: finished).deliveries.map(\.message)
  }

  /// The entries that are in work and not in the stream any more, and how many are in work.
  public func pendingWithoutEntry(
    of stream: BusStream
  ) async throws(BusError) -> (pending: Int, missing: [EntryID]) {
    let ids = try await pending(of: stream, limit: limits.scan).map(\.id)
    guard !ids.isEmpty else { return (0, []) }
    let key = keys.stream(stream)
    let found = try await run(ids.map { RedisCommand("XRANGE", key, $0.description, $0.description) })
    return (ids.count, zip(ids, found).filter { $0.1.array?.isEmpty ?? true }.map(\.0))
  }
}
