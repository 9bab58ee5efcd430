import Competition

/// A member of a group of the bus in memory.
struct MemoryConsumer<Message: BusMessage>: BusConsumer {
  let bus: MemoryBus
  let name: String
  let settings: ConsumerSettings

  /// Does something with our group; nil when it was gone. It is there again then.
  private func group<Result>(
    _ work: (inout MemoryBus.Stream, inout MemoryBus.Group, Timestamp) -> Result
  ) -> Result? {
    let now = bus.clock()
    return bus.state.withLock { state -> Result? in
      guard var stream = state.streams[Message.stream], var group = stream.group else {
        state.makeGroup(of: Message.stream)
        return nil
      }
      group.consumers[name] = now
      defer {
        stream.group = group
        state.streams[Message.stream] = stream
      }
      return work(&stream, &group, now)
    }
  }

  /// Does something with those entries in work that are ours; answers them.
  private func ours(
    _ ids: [EntryID], _ deed: (EntryID, inout MemoryBus.Stream, inout MemoryBus.Group, Timestamp) -> Void
  ) -> [EntryID] {
    group { stream, group, now in
      let ours = ids.filter { group.pending[$0]?.consumer == name }
      for id in ours { deed(id, &stream, &group, now) }
      return ours
    } ?? []
  }

  func read(count: Int, wait: Duration) async throws(BusError) -> Batch<Message> {
    let fresh: [BusEntry] =
      group { stream, group, now in
        let last = group.lastDelivered
        let fresh = Array(stream.entries.lazy.filter { $0.id > last }.prefix(count))
        for entry in fresh {
          group.pending[entry.id] = MemoryBus.Pending(consumer: name, since: now, deliveries: 1)
        }
        group.lastDelivered = fresh.last?.id ?? group.lastDelivered
        return fresh
      } ?? []
    var batch = Batch<Message>(reading: fresh)
    batch.isFull = fresh.count >= count
    return batch
  }

  func acknowledge(_ ids: [EntryID]) async throws(BusError) -> [EntryID] {
    ours(ids) { id, _, group, _ in group.pending[id] = nil }
  }

  func renew(_ ids: [EntryID]) async throws(BusError) -> [EntryID] {
    ours(ids) { id, _, group, now in group.pending[id]?.since = now }
  }

  func release(_ ids: [EntryID]) async throws(BusError) {
    let lease = settings.lease / .seconds(1)
    _ = ours(ids) { id, _, group, now in
      group.pending[id]?.since = now.adding(seconds: -lease)
      group.pending[id]?.deliveries -= 1
    }
  }

  func retry(_ ids: [EntryID], after pause: Duration) async throws(BusError) {
    let idle = max(.zero, settings.lease - pause) / .seconds(1)
    _ = ours(ids) { id, _, group, now in group.pending[id]?.since = now.adding(seconds: -idle) }
  }

  func reclaim(count: Int) async throws(BusError) -> Batch<Message> {
    let lease = settings.lease / .seconds(1)
    let found: (entries: [BusEntry], counts: [Int], lost: Int)? = group { stream, group, now in
      let stale = group.pending.filter { now.seconds(since: $0.value.since) >= lease }.keys.sorted()
      let kept = Dictionary(stream.entries.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
      let lost = stale.filter { kept[$0] == nil }
      for id in lost { group.pending[id] = nil }
      let entries = stale.compactMap { kept[$0] }.prefix(count)
      let counts = entries.map { entry in
        let deliveries = (group.pending[entry.id]?.deliveries ?? 0) + 1
        group.pending[entry.id] = MemoryBus.Pending(consumer: name, since: now, deliveries: deliveries)
        return deliveries
      }
      return (Array(entries), counts, lost.count)
    }
    var batch = Batch<Message>(reading: found?.entries ?? [], deliveries: found?.counts ?? [])
    batch.lost = found?.lost ?? 0
    batch.isFull = batch.deliveries.count + batch.rejected.count >= count
    return batch
  }

  func discard(_ rejected: [RejectedEntry]) async throws(BusError) {
    for entry in rejected {
      _ = ours([entry.entry.id]) { id, stream, group, _ in
        group.pending[id] = nil
        stream.entries.removeAll { $0.id == id }
        if !entry.isCorrupt { stream.parked.append(entry.entry) }
      }
    }
  }

  func unpark(limit: Int) async throws(BusError) -> Int {
    let now = bus.clock()
    return bus.state.withLock { state in
      let parked = state.streams[Message.stream]?.parked ?? []
      let readable = Set(Batch<Message>(reading: parked).deliveries.prefix(limit).map(\.id))
      state.streams[Message.stream]?.parked.removeAll { readable.contains($0.id) }
      for entry in parked where readable.contains(entry.id) {
        state.append(entry.fields, to: Message.stream, now: now)
      }
      return readable.count
    }
  }

  func leave() async throws(BusError) {
    _ = group { _, group, _ in
      guard !group.pending.values.contains(where: { $0.consumer == name }) else { return }
      group.consumers[name] = nil
    }
  }
}
