import Competition
import Diagnosis
import NIOCore
import Store

/// Tells everybody who listens what is new. However many they are, the database and the streams are looked at once a
/// second; while nobody is interested, not at all. Each message is encoded once, and a listener that does not take what
/// it is told is let go.
actor LiveDesk {
  typealias Frames = AsyncStream<ByteBuffer>

  private let look: @Sendable (LiveLook?) async -> LiveLook
  private let interval: Duration
  private var history: LiveHistory
  private var newest: LiveLook?
  private var newestAt: ContinuousClock.Instant?
  private var rates = PipelineRates()
  private var listeners: [Int: Frames.Continuation] = [:]
  /// Listeners that have been told nothing yet, with the message that they know already.
  private var newcomers: [Int: String?] = [:]
  private var joined = 0
  private var isWatching = false
  private var isClosed = false
  private var interestUntil = ContinuousClock.now

  /// Listeners at a time; others are asked to come back.
  static let mostListeners = 2_048
  /// Messages that wait for one listener; with one more it is let go.
  static let mostWaiting = 64
  /// How long it goes on looking for somebody who asked for figures once: rates take two looks.
  private static let interest: Duration = .seconds(30)

  /// - Parameters:
  ///   - interval: between two looks.
  ///   - look: looks at everything; it is given what it found before.
  init(startedAt: Timestamp, interval: Duration, look: @escaping @Sendable (LiveLook?) async -> LiveLook) {
    self.look = look
    self.interval = interval
    history = LiveHistory(startedAt: startedAt)
  }

  // MARK: Who asks

  /// Joins: first what happened after `lastID`, or else everything as it is, then what is new.
  /// - Throws: `APIError` 503 while too many listen, or at the end of the process.
  func join(after lastID: String?) throws(APIError) -> Frames {
    guard !isClosed, listeners.count < Self.mostListeners else { throw .tooManyListeners }
    let (frames, listener) = Frames.makeStream(bufferingPolicy: .bufferingOldest(Self.mostWaiting))
    joined += 1
    let number = joined
    listener.onTermination = { _ in Task { await self.leave(number) } }
    listener.yield(LiveMessage.greeting)
    listeners[number] = listener
    newcomers[number] = .some(lastID)
    if isFresh { greet() }
    watch()
    return frames
  }

  /// The newest figures of the pipeline; a second old at most.
  func figures() async -> PipelineFigures {
    interestUntil = .now + Self.interest
    if !isFresh { await turn() }
    watch()
    return PipelineFigures(look: newest?.pipeline ?? PipelineLook(), rates: rates)
  }

  /// Ends what everybody hears: the process drains.
  func close() {
    isClosed = true
    for listener in listeners.values { listener.finish() }
    listeners = [:]
    newcomers = [:]
  }

  private func leave(_ number: Int) {
    listeners[number] = nil
    newcomers[number] = nil
  }

  // MARK: The watch

  private var isFresh: Bool { newestAt.map { ContinuousClock.now < $0 + interval } ?? false }
  private var isWanted: Bool { !isClosed && (!listeners.isEmpty || ContinuousClock.now < interestUntil) }

  private func watch() {
    guard !isWatching, isWanted else { return }
    isWatching = true
    Task {
      while isWanted {
        if !isFresh { await turn() }
        do { try await Task.sleep(for: interval) } catch { break }
      }
      isWatching = false
    }
  }

  /// One look, and what it means for all who listen.
  private func turn() async {
    let before = newest
    let found = await look(before)
    rates.note(found.pipeline)
    newest = found
    newestAt = .now
    // The first look of a process is news for nobody: who comes is told everything.
    guard let before else { return greet() }
    let frames = history.append(LiveChanges.messages(from: before, to: found, rates: rates))
    for (number, listener) in listeners where newcomers[number] == nil { send(frames, to: listener, number) }
    greet()
  }

  /// Tells newcomers what they do not know.
  private func greet() {
    guard !newcomers.isEmpty, let newest else { return }
    let everything = LiveChanges.messages(from: nil, to: newest, rates: rates)
    // The state as of the newest message: an id of its own would be news to nobody else.
    let state = everything.map { $0.frame(id: history.newest) }
    for (number, lastID) in newcomers {
      guard let listener = listeners[number] else { continue }
      send(lastID.flatMap { history.frames(after: $0) } ?? state, to: listener, number)
    }
    newcomers = [:]
  }

  private func send(_ frames: [ByteBuffer], to listener: Frames.Continuation, _ number: Int) {
    for frame in frames {
      guard case .enqueued = listener.yield(frame) else {
        listener.finish()
        leave(number)
        return
      }
    }
  }
}
