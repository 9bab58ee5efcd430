import Bus

/// A process's membership of a group, over its connection to Redis.
struct SimulatedConsumer<Message: BusMessage>: BusConsumer {
  let consumer: any BusConsumer<Message>
  let connection: SimulatedBus

  private var conditions: Conditions { connection.process.conditions }
  private var name: String { connection.process.name }

  func read(count: Int, wait: Duration) async throws(BusError) -> Batch<Message> {
    let batch = try await take("read") { () async throws(BusError) in
      try await consumer.read(count: count, wait: .zero)
    }
    guard batch.isEmpty, wait > .zero else { return batch }
    await conditions.clock.pause(for: wait * (0.1 + 0.9 * conditions.dice.chance()))
    return try await take("read") { () async throws(BusError) in try await consumer.read(count: count, wait: .zero) }
  }

  func reclaim(count: Int) async throws(BusError) -> Batch<Message> {
    try await take("reclaim") { () async throws(BusError) in try await consumer.reclaim(count: count) }
  }

  private func take(
    _ call: String, _ work: () async throws(BusError) -> Batch<Message>
  ) async throws(BusError) -> Batch<Message> {
    var batch = try await connection.call(call) { () async throws(BusError) in
      let batch = try await work()
      if !batch.isEmpty { await noteTaken(batch) }
      return batch
    }
    if batch.deliveries.count > 1, conditions.rates.shuffle > conditions.dice.chance() {
      batch.deliveries = conditions.dice.shuffled(batch.deliveries)
    }
    if conditions.flaw == .acknowledgesBeforeCommit { _ = try await acknowledge(batch.deliveries.map(\.id)) }
    return batch
  }

  private func noteTaken(_ batch: Batch<Message>) async {
    conditions.count(\.deliveries, by: batch.deliveries.count)
    conditions.count(\.redeliveries, by: batch.deliveries.count { $0.deliveries > 1 })
    for delivery in batch.deliveries {
      conditions.note("\(name) has \(delivery.id) for the \(delivery.deliveries). time")
      if let task = delivery.message as? ScoreTask { connection.acknowledgements.taken(delivery.id, task) }
    }
  }

  func acknowledge(_ ids: [EntryID]) async throws(BusError) -> [EntryID] {
    try await connection.call("acknowledge", ids.map(\.description).joined(separator: " ")) {
      () async throws(BusError) in
      let owners = ids.filter { connection.bus.owner(of: $0, in: Message.stream) == name }
      let settled = try await consumer.acknowledge(ids)
      if settled != owners { conditions.violate("I9", "\(name) settled \(settled), but only \(owners) were its own") }
      if Message.stream == .predictionsPending { connection.acknowledgements.check(settled, by: name) }
      return settled
    }
  }

  func renew(_ ids: [EntryID]) async throws(BusError) -> [EntryID] {
    try await connection.call("renew") { () async throws(BusError) in try await consumer.renew(ids) }
  }
  func release(_ ids: [EntryID]) async throws(BusError) {
    try await connection.call("release") { () async throws(BusError) in try await consumer.release(ids) }
  }
  func retry(_ ids: [EntryID], after pause: Duration) async throws(BusError) {
    try await connection.call("retry") { () async throws(BusError) in try await consumer.retry(ids, after: pause) }
  }
  func discard(_ rejected: [RejectedEntry]) async throws(BusError) {
    try await connection.call("discard") { () async throws(BusError) in try await consumer.discard(rejected) }
  }
  func unpark(limit: Int) async throws(BusError) -> Int {
    try await connection.call("unpark") { () async throws(BusError) in try await consumer.unpark(limit: limit) }
  }
  func leave() async throws(BusError) {
    try await connection.call("leave") { () async throws(BusError) in
      try await consumer.leave()
      let member = try connection.bus.consumers(of: Message.stream).first { $0.name == name }
      // One that has entries in work, of a read whose answer was lost, stays for others to find them.
      if let member, member.pending == 0 { conditions.violate("I8", "\(name) left and is still a member") }
    }
  }
}
