import Bus
import Competition
import Store

// Entries of streams, and workers.

extension Inquiry {
  func stories(ofEntry id: EntryID) async throws -> [Story] {
    await look()
    var found: [(stream: BusStream, fields: BusFields, place: EntryPlace)] = []
    for stream in BusStream.allCases where view != nil {
      if let entry = await known({ try await bus.entry(id, of: stream) }) ?? nil {
        found.append((stream, entry.entry.fields, entry.place))
      }
    }
    let rows = await known {
      let letters = try await store.explanations.letters(
        entry: id.description, streams: BusStream.allCases.map(\.rawValue))
      return (runs: try await store.explanations.runs(entry: id.description), letters: letters)
    }
    let runs = rows?.runs ?? []
    let letters = rows?.letters ?? []
    var stories: [Story] = []
    for (stream, fields, place) in found {
      let payload = JSONObject(fields.map { ($0.name, .string($0.value)) })
      stories.append(
        Story(
          entry: id, stream: stream, fields: fields, place: place,
          runs: stream == .predictionsPending ? runs : [], letters: letters.filter { $0.stream == stream.rawValue },
          task: stream == .predictionsPending ? await ownTask(payload) : nil, workers: view?.workers ?? []))
    }
    guard found.isEmpty, !runs.isEmpty || !letters.isEmpty else { return stories }
    let payload: JSONObject =
      letters.first?.payload
      ?? runs.first.map { ["input_id": .string($0.key.inputID), "scope_key": .string($0.key.scopeKey)] } ?? [:]
    return [
      Story(
        entry: id, stream: letters.first.flatMap { BusStream(rawValue: $0.stream) } ?? .predictionsPending,
        fields: payload.map { (name: $0.key, value: $0.value.string ?? $0.value.text) }, place: nil, runs: runs,
        letters: letters, task: await ownTask(payload), workers: view?.workers ?? [])
    ]
  }

  private func ownTask(_ payload: JSONObject) async -> (trace: TaskTrace, outlook: TaskOutlook?)? {
    await known { try await task(payload, try await store.now()) } ?? nil
  }

  func worker(_ name: String) async throws -> Story? {
    await look()
    let note = view?.workers.first { $0.name == name }
    var pending: [(stream: BusStream, entry: PendingEntry)] = []
    for stream in BusStream.allCases where view != nil {
      let entries = await known { try await bus.pending(of: stream, limit: 10_000) } ?? []
      pending += entries.filter { $0.consumer == name }.map { (stream, $0) }
    }
    let trace =
      await known { try await store.explanations.worker(name: name) }
      ?? WorkerTrace()
    let isKnown = note != nil || !pending.isEmpty || trace != WorkerTrace()
    guard isKnown else { return nil }
    return Story(worker: name, note: note, trace: trace, pending: pending, isRedisAway: view == nil)
  }
}
