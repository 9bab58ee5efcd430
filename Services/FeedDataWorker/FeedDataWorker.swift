import ServiceKit
import ServiceLifecycle

/// Keeps all feeds going, each on its own: one that fails holds up no other.
struct FeedDataWorker: Service {
  let pollers: [FeedPoller]
  var streams: [FeedStream] = []
  /// Plays all feeds in place of the pollers.
  var player: TapePlayer?
  /// nil: this worker is alone.
  var duty: Duty?

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      if let duty { group.addTask { try await duty.run() } }
      for poller in pollers { group.addTask { try await poller.run() } }
      for stream in streams { group.addTask { try await stream.run() } }
      if let player { group.addTask { try await player.run() } }
      try await group.endTogether()
    }
  }
}
