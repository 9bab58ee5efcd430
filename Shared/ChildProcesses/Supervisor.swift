/// Keeps a process running: starts it again when it ends, after a pause that doubles while it keeps ending early.
public struct Supervisor: Sendable {
  public var child: @Sendable () async throws -> ChildProcess
  public var shortestPause: Duration
  public var longestPause: Duration
  /// A process that lived this long starts again after the shortest pause.
  public var steady: Duration

  /// - Parameter child: made anew for each start.
  public init(
    shortestPause: Duration = .milliseconds(500), longestPause: Duration = .seconds(10),
    steady: Duration = .seconds(30),
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
    /// It ended because its settings are wrong: no start will help.
    case gaveUp(String)
  }

  /// Exit code of a process whose settings are wrong.
  public static let exitConfiguration: Int32 = 78

  /// Runs until the task is cancelled or the process's settings turn out to be wrong; it is gone when this returns.
  public func run(_ tell: @Sendable @escaping (Event) async -> Void) async {
    var pause = shortestPause
    while !Task.isCancelled {
      let started = ContinuousClock.now
      let ending: String
      do {
        let end = try await child().run(
          onStart: { await tell(.started(pid: $0)) }, onLine: { await tell(.line($0)) })
        if end.exitCode == Self.exitConfiguration, !Task.isCancelled { return await tell(.gaveUp(end.description)) }
        ending = end.description
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
