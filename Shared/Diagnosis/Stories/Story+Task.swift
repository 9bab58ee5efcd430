import Bus
import Competition
import Store

// Inputs, and what carries their tasks: entries, dead letters, workers.

extension Story {
  /// - Parameter tasks: of each scope key, with the outlook of what waits for its score.
  package init(_ input: Input, tasks: [(trace: TaskTrace, outlook: TaskOutlook?)]) {
    let waiting = tasks.filter { $0.outlook != nil }
    let first = waiting.first ?? tasks.first
    let counts = Self.total(tasks.map(\.trace.counts))
    let isDone = !tasks.isEmpty && waiting.isEmpty
    self.init(
      kind: "input", id: input.id, state: isDone ? "done" : tasks.isEmpty ? "unused" : "in progress",
      why: waiting.isEmpty
        ? (tasks.isEmpty ? "no config fired with it" : "all its predictions have ended")
        : waiting.map { "\($0.trace.key.scopeKey): \($0.outlook?.why ?? "")" }.joined(separator: "; "),
      next: waiting.isEmpty ? "nothing" : waiting.compactMap(\.outlook?.next).joined(separator: "; "))
    fact("predictions", Self.text(counts))
    fact("scope keys", tasks.map(\.trace.key.scopeKey).joined(separator: ", "))
    fact("subject", first?.trace.scope["subject"]?.string)
    event(input.receivedAt, "input stored")
    rows = ["inputs \(input.id)"]
    for task in tasks {
      tell(task.trace)
      if task.trace.isDueKnown { event(task.trace.resolvableAt, "\(task.trace.key.scopeKey) due") }
    }
  }

  package static func total(_ counts: [[PredictionStatus: Int]]) -> [PredictionStatus: Int] {
    counts.reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
  }

  package static func text(_ counts: [PredictionStatus: Int]) -> String {
    let present = PredictionStatus.allCases.filter { counts[$0] != nil }
    return present.isEmpty ? "none" : present.map { "\(counts[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
  }

  /// An entry of a stream. It may be gone from the stream, and known by what came of it.
  /// - Parameters:
  ///   - place: nil when no stream has it.
  ///   - task: of its input and scope key, with its outlook when predictions wait.
  package init(
    entry id: EntryID, stream: BusStream?, fields: BusFields, place: EntryPlace?, runs: [RunTrace],
    letters: [DeadLetter], task: (trace: TaskTrace, outlook: TaskOutlook?)?, workers: [WorkerNote]
  ) {
    let told = Self.tell(place, stream: stream, runs: runs, letters: letters, workers: workers)
    self.init(kind: "entry", id: id.description, state: told.state, why: told.why, next: told.next)
    fact("stream", stream?.rawValue)
    for field in fields where !["v", "kind"].contains(field.name) { fact(field.name, field.value) }
    event(id.time, "added\(stream.map { " to \($0.rawValue)" } ?? "")")
    for run in runs {
      event(run.committedAt, run.sentence)
      rows.append("score_runs \(run.key.inputID) \(run.key.scopeKey)")
    }
    for letter in letters { tell(letter) }
    if let task { fact("predictions", Self.text(task.trace.counts)) }
    if let outlook = task?.outlook, place == nil { next = "its task: \(outlook.why); \(outlook.next)" }
  }

  private static func tell(
    _ place: EntryPlace?, stream: BusStream?, runs: [RunTrace], letters: [DeadLetter], workers: [WorkerNote]
  ) -> (state: String, why: String, next: String) {
    let name = stream?.rawValue ?? "its stream"
    switch place {
    case .unread: return ("unread", "no worker has taken it yet", "a free worker that reads \(name) takes it")
    case .inWork(let pending):
      let idle = Spoken.span(pending.idle / .seconds(1))
      let lives = workers.contains { $0.name == pending.consumer }
      return (
        "in work",
        "it is pending on \(pending.consumer), not renewed for \(idle), delivery \(pending.deliveries)",
        lives
          ? "\(pending.consumer) lives, and finishes it or lets go of it"
          : "\(pending.consumer) lives no more: another takes it over when its lease has run out"
      )
    case .parked:
      return (
        "parked", "its version or kind is newer than the workers that met it", "a newer worker takes it back"
      )
    case .handled:
      return ("handled", "its effects are committed and it is acknowledged", "it stays until it is trimmed")
    case nil:
      if let letter = letters.first {
        return (
          "dead letter \(letter.id)", letter.cause,
          letter.resolution == nil ? "`coordinator dlq replay \(letter.id)` or `discard`" : "nothing"
        )
      }
      return runs.isEmpty
        ? ("gone", "no stream has it", "nothing") : ("handled", "it was handled and trimmed", "nothing")
    }
  }

  package init(_ letter: DeadLetter, task: (trace: TaskTrace, outlook: TaskOutlook?)?) {
    let next: String
    switch (letter.resolution, task?.outlook) {
    case (nil, _):
      next =
        "nothing by itself; `coordinator dlq replay \(letter.id)` has what it ended scored again, "
        + "`coordinator dlq discard \(letter.id)` sets it aside"
    case (_, let outlook?): next = "its task: \(outlook.why); \(outlook.next)"
    default: next = "nothing"
    }
    self.init(
      kind: "dead letter", id: String(letter.id), state: letter.resolution ?? "open",
      why: "\(letter.kind): \(letter.cause)", next: next)
    fact("stream", letter.stream)
    fact("entry", letter.entryID)
    fact("deliveries", String(letter.deliveries))
    fact("worker", letter.worker)
    fact("input", letter.payload["input_id"]?.string)
    fact("scope key", letter.payload["scope_key"]?.string)
    if let task {
      fact("predictions", Self.text(task.trace.counts))
      for run in task.trace.runs { event(run.committedAt, run.sentence) }
    }
    event(letter.createdAt, "entry \(letter.entryID) given up")
    event(letter.resolvedAt, letter.resolution ?? "resolved")
    rows = ["dead_letters \(letter.id)"]
  }

  /// - Parameters:
  ///   - note: what it says of itself; nil when it has not been heard of lately.
  ///   - pending: what it has in work.
  ///   - isRedisAway: then nobody knows whether it lives.
  package init(
    worker name: String, note: WorkerNote?, trace: WorkerTrace, pending: [(stream: BusStream, entry: PendingEntry)],
    isRedisAway: Bool
  ) {
    let state = note?.state ?? (isRedisAway ? "unknown" : "gone")
    let why: String
    let next: String
    if let note {
      why = "it says \(note.state)" + (note.leads ? ", and leads" : "")
      next = pending.isEmpty ? "it takes what comes next" : "it finishes the \(pending.count) entries that it has"
    } else if isRedisAway {
      why = "Redis is away, where workers say that they live"
      next = "look again when Redis is back"
    } else {
      why = "it has not said for 15 s that it lives: it has ended, or cannot reach Redis"
      next =
        pending.isEmpty
        ? "nothing: it left nothing behind" : "others take over the \(pending.count) entries that it had"
    }
    self.init(kind: "worker", id: name, state: state, why: why, next: next)
    fact("service", note?.service)
    fact("handled", note.map { "\($0.handled) entries since it started" })
    fact("duties", trace.leases.joined(separator: ", "))
    fact("open slots", trace.openSlots > 0 ? String(trace.openSlots) : nil)
    fact("commits", "\(trace.runs.count) of the newest \(ExplainStore.newestRows) tasks")
    for (stream, entry) in pending.prefix(10) {
      let idle = Spoken.span(entry.idle / .seconds(1))
      fact("entry \(entry.id)", "in work for \(idle), of \(stream.rawValue), delivery \(entry.deliveries)")
    }
    event(note?.startedAt, "started")
    event(note?.seenAt, "last said that it lives")
    for run in trace.runs.prefix(10) {
      event(run.committedAt, "\(run.key.inputID) \(run.key.scopeKey): \(run.sentence)")
    }
    for letter in trace.letters.prefix(10) { tell(letter) }
  }
}
