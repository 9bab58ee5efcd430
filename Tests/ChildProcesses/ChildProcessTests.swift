import ChildProcesses
import Foundation
import Synchronization
import TestKit
import Testing

@Suite("A child process", .timeLimit(.minutes(2)))
struct ChildProcessTests {
  /// Says what happens to it, and needs a moment to end.
  private static let drains = """
    import os, signal, sys, threading, time
    def watch():
        sys.stdin.buffer.read()
        print("standard input ended", flush=True)
    def drain(*_):
        print("draining", flush=True)
        time.sleep(0.3)
        print("drained", flush=True)
        os._exit(0)
    signal.signal(signal.SIGTERM, drain)
    threading.Thread(target=watch, daemon=True).start()
    print("ready", flush=True)
    while True:
        signal.pause()
    """

  private static func python(_ source: String) throws -> ChildProcess {
    ChildProcess(executable: try Executables.find("python3"), arguments: ["-c", source])
  }

  @Test("is asked to end once, is heard until its end, and has its time for it")
  func drains() async throws {
    let heard = Lines()
    let child = try Self.python(Self.drains)
    let task = Task { try await child.run(onLine: { heard.append($0) }) }
    try await waitUntil("it is ready") { heard.all == ["ready"] }
    task.cancel()
    #expect(try await task.value.exitCode == 0)
    #expect(heard.all == ["ready", "draining", "drained"])
  }

  @Test("that does not end when it is asked is killed after its grace")
  func stubborn() async throws {
    let heard = Lines()
    var child = try Self.python(
      "import signal; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); signal.pause()")
    child.grace = .milliseconds(50)
    let task = Task { [child] in try await child.run(onLine: { heard.append($0) }) }
    try await waitUntil("it is ready") { heard.all == ["ready"] }
    task.cancel()
    #expect(try await task.value.exitCode == nil)
  }

  @Test("takes its variables, its folder and its exit code with it")
  func surroundings() async throws {
    let heard = Lines()
    var child = try Self.python(
      "import os; print(os.environ['GIVEN'], 'HOME' in os.environ, os.getcwd()); raise SystemExit(7)")
    child.environment = ["GIVEN": "a b", "HOME": nil]
    child.workingDirectory = "/usr"
    #expect(try await child.run(onLine: { heard.append($0) }).exitCode == 7)
    #expect(heard.all == ["a b False /usr"])
  }

  @Test("that cannot be started is an error")
  func missing() async {
    await #expect(throws: (any Error).self) { try await ChildProcess(executable: "/nowhere/program").run() }
  }
}

/// Lines in the order in which they came.
final class Lines: Sendable {
  private let lines = Mutex<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  func append(_ line: String) { lines.withLock { $0.append(line) } }
}
