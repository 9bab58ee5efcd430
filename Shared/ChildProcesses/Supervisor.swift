/// Keeps a process running: starts it again when it ends, after a pause that doubles while it keeps ending early.
public struct Supervisor: Sendable {
  public var child: @Sendable () async throws -> ChildProcess
  public var shortestPause: Duration
  public var longestPause: Duration
  /// A process that lived this long starts again after the shortest pause.
  public var steady: Duration

  /// - Parameter child: made anew for each start.
  public init(
    shortestPause: Duration = .milliseconds(500), longestPause: Duration = .seconds(10), steady: Duration = .seconds(30),
    child: @Sendable @escaping () async throws -> ChildProcess
  ) {
    self.child = child
    self.shortestPause = shortestPause
    self.longestPause = longestPause
    self.steady = steady
  }

  public enum Event: Sendable {
    case started(pid: Int32)
    case line(String)
    /// It ended, or could not be started, and starts again after the pause.
    case ended(String, next: Duration)
  }

  /// Runs until the task is cancelled; the process is gone when this returns.
  public func run(_ tell: @Sendable @escaping (Event) async -> Void) async {
    var pause = shortestPause
    while !Task.isCancelled {
      let started = ContinuousClock.now
      let ending: String
      do {
        ending = try await child().run(
          onStart: { await tell(.started(pid: $0)) }, onLine: { await tell(.line($0)) }
        ).description
      } catch {
        ending = "\(error)"
      }
      if Task.isCancelled { return }
      if ContinuousClock.now - started > steady { pause = shortestPause }
      await tell(.ended(ending, next: pause))
      do { try await Task.sleep(for: pause) } catch { return }
      pause = min(pause * 2, longestPause)
    }
  }
}
