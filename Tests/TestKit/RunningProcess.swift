import ChildProcesses
import Foundation
import Synchronization

/// A program that a test started: what it prints, its process id, and how it ends.
public final class RunningProcess: Sendable {
  private final class Observed: Sendable {
    let state = Mutex<(pid: Int32?, lines: [String])>((nil, []))
  }

  private let observed: Observed
  private let task: Task<ChildProcess.Ending, any Error>

  public init(_ child: ChildProcess) {
    let observed = Observed()
    self.observed = observed
    task = Task {
      try await child.run(
        onStart: { pid in observed.state.withLock { $0.pid = pid } },
        onLine: { line in observed.state.withLock { $0.lines.append(line) } })
    }
  }

  /// Runs a program to its end.
  /// - Returns: its exit code, and what it printed, line by line.
  public static func run(
    _ executable: String, _ arguments: [String] = [], _ environment: [String: String?] = [:]
  ) async throws -> (exitCode: Int32?, lines: [String]) {
    let process = RunningProcess(
      ChildProcess(executable: executable, arguments: arguments, environment: environment))
    let ending = try await process.ending
    return (ending.exitCode, process.lines)
  }

  /// nil until it has started.
  public var pid: Int32? { observed.state.withLock { $0.pid } }
  public var lines: [String] { observed.state.withLock { $0.lines } }

  public func signal(_ signal: Int32) {
    if let pid { kill(pid, signal) }
  }

  /// Waits for its end.
  /// - Throws: `NeverHappened` with what it said last, when it has not ended by itself in five minutes or before the test is
  ///   cancelled; it is killed then.
  public var ending: ChildProcess.Ending {
    get async throws {
      let overdue = Mutex(false)
      let watchdog = Task {
        try await Task.sleep(for: .seconds(300))
        overdue.withLock { $0 = true }
        signal(SIGKILL)
      }
      defer { watchdog.cancel() }
      let ending = try await withTaskCancellationHandler {
        try await task.value
      } onCancel: {
        overdue.withLock { $0 = true }
        signal(SIGKILL)
      }
      guard !overdue.withLock({ $0 }) else {
        throw NeverHappened(what: "the end of the process; it said:\n\(lines.suffix(20).joined(separator: "\n"))")
      }
      return ending
    }
  }

  /// Asks it to end and waits until it has.
  public func stop() async {
    task.cancel()
    _ = await task.result
  }
}

/// The processes of the system.
public enum SystemProcess {
  /// Whether a process runs; one that has ended and that nobody has asked about does not.
  public static func isAlive(_ pid: Int32) -> Bool {
    guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return false }
    // The state follows the name, which is in parentheses and may hold anything.
    let rest = String(decoding: data, as: UTF8.self).split(separator: ")").last ?? ""
    return rest.split(separator: " ").first != "Z"
  }

  /// What a process is, for messages: its state and its command.
  public static func description(of pid: Int32) -> String {
    func read(_ name: String) -> String {
      String(decoding: FileManager.default.contents(atPath: "/proc/\(pid)/\(name)") ?? Data(), as: UTF8.self)
    }
    return "\(read("stat").prefix(60)) \(read("cmdline").replacing("\0", with: " ").prefix(300))"
  }

  /// A process, its children, theirs, and so on.
  public static func family(of pid: Int32) -> Set<Int32> {
    children(of: pid).reduce(into: [pid]) { $0.formUnion(family(of: $1)) }
  }

  /// Each thread has the list of those that it started.
  private static func children(of pid: Int32) -> [Int32] {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return threads.flatMap { thread in
      let data = FileManager.default.contents(atPath: "/proc/\(pid)/task/\(thread)/children") ?? Data()
      return String(decoding: data, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }
  }
}
