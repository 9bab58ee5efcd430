import ChildProcesses
import Foundation
import HTTPFetch
import Synchronization

/// Score workers that share a database and a Redis, each a process of its own. They come and go as the test says.
public final class ScoreFleet: Sendable {
  private let variables: [String: String?]
  private let members = Mutex<[WorkerProcess]>([])

  /// - Parameter variables: of all its workers, on top of those that name a small feed of candles.
  public init(databaseURL: String, redisURL: String, variables: [String: String] = [:]) {
    var all: [String: String?] = [
      "DATABASE_URL": databaseURL, "REDIS_URL": redisURL, "DATABASE_POOL_SIZE": "4", "FEED_SOURCE": "test",
      "FEED_SUBJECTS": "BTC", "FEED_KIND": "candle", "FEED_GRANULARITY": "1m", "SCORE_BATCH_SIZE": "20",
      "SCORE_CONCURRENCY": "2",
    ]
    for (name, value) in variables { all[name] = value }
    self.variables = all
  }

  /// Lends a fleet to `body` and stops its workers afterwards, also when `body` throws.
  public static func with<Result: Sendable>(
    databaseURL: String, redisURL: String, variables: [String: String] = [:],
    _ body: @Sendable (ScoreFleet) async throws -> Result
  ) async throws -> Result {
    let fleet = ScoreFleet(databaseURL: databaseURL, redisURL: redisURL, variables: variables)
    do {
      let result = try await body(fleet)
      await fleet.stop()
      return result
    } catch {
      await fleet.stop()
      throw error
    }
  }

  /// Those that were started and not taken out.
  public var workers: [WorkerProcess] { members.withLock { $0 } }

  /// Starts workers and waits until all of them are ready.
  @discardableResult
  public func start(_ count: Int = 1, _ changes: [String: String] = [:]) async throws -> [WorkerProcess] {
    var started: [WorkerProcess] = []
    for _ in 0..<count { started.append(try add(changes)) }
    for worker in started {
      try await waitUntil("a score worker is ready; it said: \(worker.process.lines.suffix(5))") {
        await worker.isReady()
      }
    }
    return started
  }

  /// Starts a worker and does not wait for it.
  public func add(_ changes: [String: String] = [:]) throws -> WorkerProcess {
    var environment = variables
    for (name, value) in changes { environment[name] = value }
    let worker = try WorkerProcess("score-worker", environment)
    members.withLock { $0.append(worker) }
    return worker
  }

  /// Takes workers out: they are dead, or about to be.
  public func forget(_ gone: [WorkerProcess]) {
    members.withLock { members in members.removeAll { member in gone.contains { $0 === member } } }
  }

  /// Ends all workers at once without a word and takes them out.
  public func killAll() async throws {
    let all = workers
    for worker in all { worker.process.signal(SIGKILL) }
    for worker in all { _ = try await worker.process.ending }
    forget(all)
  }

  private func stop() async {
    for worker in workers {
      // A frozen one hears nothing.
      worker.process.signal(SIGCONT)
      await worker.process.stop()
    }
  }
}
