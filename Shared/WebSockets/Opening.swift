import NIOCore
import Synchronization

/// A connection that is being opened: given up when it takes too long, or when nobody wants it any more.
final class Opening: Sendable {
  private struct State {
    var channel: (any Channel)?
    var limit: Scheduled<Void>?
    var isGivenUp = false
    var isLate = false
  }

  private let state = Mutex(State())
  private let patience: TimeAmount

  init(patience: TimeAmount) { self.patience = patience }

  /// Whether its time was over before it was open.
  var isLate: Bool { state.withLock { $0.isLate } }

  /// There is a channel now; the rest, TLS and the upgrade, has its limit.
  func begin(_ channel: any Channel) {
    let limit = channel.eventLoop.scheduleTask(in: patience) { [self] in
      state.withLock { $0.isLate = true }
      giveUp()
    }
    let isGivenUp = state.withLock { state in
      state.channel = channel
      state.limit = limit
      return state.isGivenUp
    }
    if isGivenUp { channel.close(promise: nil) }
  }

  func giveUp() {
    let channel = state.withLock { state in
      state.isGivenUp = true
      return state.channel
    }
    channel?.close(promise: nil)
  }

  /// It is open, or will never be.
  func end() {
    state.withLock { state in
      state.limit?.cancel()
      state.channel = nil
    }
  }
}
