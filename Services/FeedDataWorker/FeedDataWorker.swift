import ServiceLifecycle

/// Keeps all feeds going, each on its own: one that fails holds up no other.
struct FeedDataWorker: Service {
  let pollers: [FeedPoller]

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for poller in pollers { group.addTask { try await poller.run() } }
      try await group.waitForAll()
    }
  }
}
