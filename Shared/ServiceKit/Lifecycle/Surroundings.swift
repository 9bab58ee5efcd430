import Competition
import Foundation
import ServiceLifecycle

/// What a service takes from outside besides its stores: time and chance. Decisions get both as values; the shells around
/// them ask here, so that a simulation can put a clock and dice of its own in place for everything that runs in a task.
public protocol Surroundings: Sendable {
  /// The time of day.
  var now: Timestamp { get }
  /// Time since some fixed moment; goes on while the process is frozen, and never back.
  var uptime: Duration { get }
  /// Evenly from 0 to 1.
  var chance: Double { get }
  /// - Throws: `CancellationError` when the task is cancelled meanwhile.
  func sleep(for duration: Duration) async throws
  /// Waits, but not longer than until the process drains or the task is cancelled.
  func rest(for duration: Duration) async
}

extension Surroundings {
  public func rest(for duration: Duration) async {
    do {
      try await cancelWhenGracefulShutdown { try await sleep(for: duration) }
    } catch {
      return  // Woken early: the caller's loop looks at why.
    }
  }
}

public enum Surrounding {
  @TaskLocal public static var current: any Surroundings = Machine()
}

/// The machine's own clock and dice.
private struct Machine: Surroundings {
  private let start = ContinuousClock.now

  var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
  var uptime: Duration { start.duration(to: .now) }
  var chance: Double { Double.random(in: 0...1) }
  func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
  /// As for all surroundings, with one task instead of a group of three: idle workers do little else.
  func rest(for duration: Duration) async {
    let nap = Task.detached { try? await Task.sleep(for: duration) }
    await withTaskCancellationOrGracefulShutdownHandler {
      await nap.value
    } onCancelOrGracefulShutdown: {
      nap.cancel()
    }
  }
}

extension Timestamp {
  /// The clock of the surroundings. Decisions take the time as a value; only the shell around them reads it here.
  public static func now() -> Timestamp { Surrounding.current.now }
}
