import Synchronization

/// One after the other, in the order in which they come: an actor lets others in while it waits.
public final class Turns: Sendable {
  private struct State {
    var isTaken = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  public init() {}

  /// Waits until it is the caller's turn, who ends it with `end`.
  public func begin() async {
    await withCheckedContinuation { turn in
      let isNext = state.withLock { state in
        if state.isTaken { state.waiting.append(turn) }
        defer { state.isTaken = true }
        return !state.isTaken
      }
      if isNext { turn.resume() }
    }
  }

  public func end() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.isTaken = false
      return nil
    }
    next?.resume()
  }
}
