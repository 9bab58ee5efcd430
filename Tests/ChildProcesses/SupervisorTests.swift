import ChildProcesses
import Foundation
import TestKit
import Testing

@Suite("A supervisor", .timeLimit(.minutes(2)))
struct SupervisorTests {
  private static func supervisor(_ script: String) throws -> Supervisor {
    let shell = try Executables.find("sh")
    return Supervisor(shortestPause: .milliseconds(1), longestPause: .milliseconds(4)) {
      ChildProcess(executable: shell, arguments: ["-c", script])
    }
  }

  @Test("starts a process again however it ends, with pauses that double up to the longest")
  func restarts() async throws {
    let pauses = Lines()
    let supervisor = try Self.supervisor("kill -9 $$")
    let task = Task {
      await supervisor.run { event in
        if case .ended(_, let pause) = event { pauses.append("\(pause)") }
      }
    }
    try await waitUntil("four ends") { pauses.all.count >= 4 }
    task.cancel()
    await task.value
    #expect(pauses.all.prefix(4) == ["0.001 seconds", "0.002 seconds", "0.004 seconds", "0.004 seconds"])
  }

  @Test("gives up on a process whose settings are wrong")
  func givesUp() async throws {
    let events = Lines()
    await (try Self.supervisor("echo wrong; exit 78")).run { event in
      switch event {
      case .line(let line): events.append(line)
      case .gaveUp: events.append("gave up")
      case .ended: events.append("ended")
      case .started: break
      }
    }
    #expect(events.all == ["wrong", "gave up"])
  }

  @Test("that is cancelled leaves no process behind")
  func stops() async throws {
    let started = Lines()
    let supervisor = try Self.supervisor("sleep 3600")
    let task = Task {
      await supervisor.run { event in
        if case .started(let pid) = event { started.append("\(pid)") }
      }
    }
    try await waitUntil("the start") { started.all.count == 1 }
    task.cancel()
    await task.value
    let pid = try #require(started.all.first.flatMap { Int32($0) })
    #expect(kill(pid, 0) != 0)
    #expect(started.all.count == 1)
  }
}
