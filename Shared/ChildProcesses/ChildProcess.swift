import Subprocess

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

/// A process that belongs to this one. It has a session of its own, so that Ctrl-C on the terminal reaches it through us,
/// and a pipe as standard input that ends when we do, however we end: children that watch it never outlive their parent.
public struct ChildProcess: Sendable {
  public var executable: String
  public var arguments: [String]
  /// Variables set over those of this process; nil takes one away.
  public var environment: [String: String?]
  public var workingDirectory: String?
  /// How long it may take to end after SIGTERM before it is killed.
  public var grace: Duration = .seconds(15)

  public init(
    executable: String, arguments: [String] = [], environment: [String: String?] = [:], workingDirectory: String? = nil
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
  }

  /// How a process ended.
  public struct Ending: Sendable, Hashable, CustomStringConvertible {
    public var description: String
    /// nil when a signal ended it.
    public var exitCode: Int32?
  }

  /// Runs the process to its end. When the task is cancelled it is asked to end, and killed after its grace.
  /// - Parameters:
  ///   - onStart: told its process id.
  ///   - onLine: each line of its output.
  ///   - onErrorLine: each line of its error output; nil: as its output.
  /// - Throws: when it cannot be started, or a line is longer than 128 KiB.
  public func run(
    onStart: @Sendable @escaping (Int32) async -> Void = { _ in },
    onLine: @Sendable @escaping (String) async -> Void = { _ in },
    onErrorLine: (@Sendable (String) async -> Void)? = nil
  ) async throws -> Ending {
    let (stops, stop) = AsyncStream<Void>.makeStream()
    // Not part of the caller's task: what the process says on its way out is heard, and its standard input stays open
    // until it has ended, since the end of that is a second request to end, which makes it drop its work.
    let running = Task { try await run(until: stops, onStart, onLine, onErrorLine ?? onLine) }
    return try await withTaskCancellationHandler {
      try await running.value
    } onCancel: {
      stop.yield()
    }
  }

  private func run(
    until stops: AsyncStream<Void>, _ onStart: @Sendable (Int32) async -> Void,
    _ onLine: @Sendable @escaping (String) async -> Void, _ onErrorLine: @Sendable @escaping (String) async -> Void
  ) async throws -> Ending {
    var options = PlatformOptions()
    options.createSession = true
    let result = try await Subprocess.run(
      .path(FilePath(executable)), arguments: Arguments(arguments), environment: .inherit.updating(changes),
      workingDirectory: workingDirectory.map { FilePath($0) }, platformOptions: options, input: .inputWriter,
      output: .sequence, error: .sequence
    ) { execution in
      await onStart(execution.processIdentifier.value)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for await _ in stops {
            await execution.teardown(
              using: [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)])
          }
        }
        try await withThrowingTaskGroup(of: Void.self) { lines in
          lines.addTask { for try await line in execution.standardError.strings() { await onErrorLine(line) } }
          for try await line in execution.standardOutput.strings() { await onLine(line) }
          try await lines.waitForAll()
        }
        group.cancelAll()
      }
      try await execution.standardInputWriter.finish()
    }
    if case .exited(let code) = result.terminationStatus { return Ending(description: "exit \(code)", exitCode: code) }
    return Ending(description: "\(result.terminationStatus)", exitCode: nil)
  }

  /// `EXIT_WITH_STDIN` tells services that their standard input ends with their parent.
  private var changes: [Environment.Key: String?] {
    var changes: [Environment.Key: String?] = ["EXIT_WITH_STDIN": "1"]
    for (name, value) in environment {
      if let key = Environment.Key(rawValue: name) { changes[key] = value }
    }
    return changes
  }
}
