import Bus
import Competition

/// How fast streams and workers go: from the differences between two looks. Pure.
package struct PipelineRates: Sendable, Equatable {
  /// Entries a second that came into a stream, and that its group finished.
  package struct Flow: Sendable, Equatable {
    package var added: Double
    package var finished: Double
  }

  package private(set) var flows: [BusStream: Flow] = [:]
  /// Entries a second by worker.
  package private(set) var workers: [String: Double] = [:]
  /// The newest note of each worker that said something new.
  private var notes: [String: WorkerNote] = [:]
  private var last: PipelineLook.Streams?

  package init() {}

  package static func == (left: PipelineRates, right: PipelineRates) -> Bool {
    left.flows == right.flows && left.workers == right.workers
  }

  package mutating func note(_ look: PipelineLook) {
    guard let streams = look.streams else {
      // What happens while nobody looks is not known.
      self = PipelineRates()
      return
    }
    if let last { flow(from: last, to: streams) }
    for note in streams.workers { work(note) }
    let living = Set(streams.workers.map(\.name))
    notes = notes.filter { living.contains($0.key) }
    workers = workers.filter { living.contains($0.key) }
    last = streams
  }

  private mutating func flow(from before: PipelineLook.Streams, to now: PipelineLook.Streams) {
    let seconds = now.status.now.seconds(since: before.status.now)
    guard seconds > 0 else { return }
    for stream in BusStream.allCases {
      let added = (now.added[stream] ?? 0) - (before.added[stream] ?? 0)
      // Fewer than before: the stream was lost and made anew.
      guard added >= 0 else {
        flows[stream] = nil
        continue
      }
      let open = Self.unfinished(now.status, stream) - Self.unfinished(before.status, stream)
      flows[stream] = Flow(added: Double(added) / seconds, finished: max(0, Double(added - open) / seconds))
    }
  }

  private static func unfinished(_ status: BusStatus, _ stream: BusStream) -> Int {
    status.group(of: stream).map { $0.lag + $0.pending } ?? 0
  }

  /// Workers tell what they did every other second: a rate holds until they tell more.
  private mutating func work(_ note: WorkerNote) {
    guard let before = notes[note.name] else {
      notes[note.name] = note
      return
    }
    let seconds = note.seenAt.seconds(since: before.seenAt)
    guard seconds > 0 else { return }
    workers[note.name] = Double(max(0, note.handled - before.handled)) / seconds
    notes[note.name] = note
  }
}
