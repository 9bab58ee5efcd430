import Competition
import ServiceLifecycle
import Synchronization

/// Time that stands still while anything can run, and then jumps to the earliest sleeper.
final class VirtualClock: Sendable {
  private struct Sleeper {
    var number: Int
    var wakesAt: Duration
    /// Answers whether the sleeper slept its time.
    var continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var uptime: Duration = .zero
    var count = 0
    /// The earliest is the last.
    var sleepers: [Sleeper] = []
  }

  static let start = Timestamp(seconds: 1_771_000_020)
  private let state = Mutex(State())

  var uptime: Duration { state.withLock { $0.uptime } }

  var now: Timestamp {
    let parts = uptime.components
    return Timestamp(
      microseconds: Self.start.microseconds + parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000)
  }

  /// Sleeps; a cancellation ends it early.
  func sleep(for duration: Duration) async throws {
    try Task.checkCancellation()
    let number = number()
    let isRested = await withTaskCancellationHandler {
      await wait(number, duration)
    } onCancel: {
      wake(number)
    }
    if !isRested { throw CancellationError() }
  }

  /// Sleeps, but not longer than until the worker drains or the task is cancelled.
  func rest(for duration: Duration) async {
    guard !Task.isCancelled, !Task.isShuttingDownGracefully else { return }
    let number = number()
    await withTaskCancellationOrGracefulShutdownHandler {
      _ = await wait(number, duration)
    } onCancelOrGracefulShutdown: {
      self.wake(number)
    }
  }

  /// Sleeps, whatever happens to the task.
  func pause(for duration: Duration) async { _ = await wait(number(), duration) }

  private func number() -> Int {
    state.withLock { state in
      state.count += 1
      return state.count
    }
  }

  private func wait(_ number: Int, _ duration: Duration) async -> Bool {
    await withCheckedContinuation { continuation in
      state.withLock { state in
        let sleeper = Sleeper(
          number: number, wakesAt: state.uptime + max(.zero, duration), continuation: continuation)
        var index = state.sleepers.count
        while index > 0, state.sleepers[index - 1].wakesAt <= sleeper.wakesAt { index -= 1 }
        state.sleepers.insert(sleeper, at: index)
      }
    }
  }

  private func wake(_ number: Int) {
    let continuation = state.withLock { state in
      state.sleepers.firstIndex { $0.number == number }.map { state.sleepers.remove(at: $0).continuation }
    }
    continuation?.resume(returning: false)
  }

  /// Moves on to the earliest sleeper and wakes all of that moment. Answers false when nobody sleeps.
  func advance() -> Bool {
    let woken = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
      guard let earliest = state.sleepers.last?.wakesAt else { return [] }
      state.uptime = max(state.uptime, earliest)
      var woken: [CheckedContinuation<Bool, Never>] = []
      while let last = state.sleepers.last, last.wakesAt <= earliest {
        woken.append(last.continuation)
        state.sleepers.removeLast()
      }
      return woken
    }
    for continuation in woken { continuation.resume(returning: true) }
    return !woken.isEmpty
  }
}
