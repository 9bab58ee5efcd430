import Foundation
import ServiceLifecycle
import UnixSignals

/// Who is asked to end before the work has begun has nothing to drain. Without this a process that waits for PostgreSQL would hear
/// nothing where it is the first one of a container.
enum EarlySignal {
  static func endsTheProcess() {
    for number in [SIGTERM, SIGINT] { signal(number) { _ in _exit(0) } }
  }
}

/// The first signal that asks the process to end lets it drain, the second one ends it where it stands.
enum EndSignals {
  /// When this returns no signal is missed: one that comes before the group runs ends it as soon as it does.
  static func drain(_ group: ServiceGroup) async {
    let signals = await UnixSignalsSequence(trapping: [.sigterm, .sigint])
    Task.detached {
      var count = 0
      for await signal in signals {
        count += 1
        if count > 1 { _exit(128 + signal.rawValue) }
        await group.triggerGracefulShutdown()
      }
    }
  }
}

/// With `EXIT_WITH_STDIN=1` the process drains when its standard input ends: `coordinator up` starts its workers so, and
/// none of them outlives it, however it ends.
enum ParentPipe {
  static func watchIfAsked() {
    guard ProcessInfo.processInfo.environment["EXIT_WITH_STDIN"] == "1" else { return }
    let watcher = Thread {
      while true {
        let data = FileHandle.standardInput.availableData
        if data.isEmpty { break }
      }
      kill(getpid(), SIGTERM)
    }
    watcher.start()
  }
}
