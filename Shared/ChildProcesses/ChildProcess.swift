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

  /// Set for children: their standard input ends with their parent.
  public static let parentPipeVariable = "EXIT_WITH_STDIN"

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
  ///   - onLine: each line of its output and error output.
  /// - Throws: when it cannot be started.
  public func run(
    onStart: @Sendable (Int32) async -> Void = { _ in }, onLine: @Sendable (String) async -> Void = { _ in }
  ) async throws -> Ending {
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)]
    var changes: [Environment.Key: String?] = ["EXIT_WITH_STDIN": "1"]
    for (name, value) in environment {
      if let key = Environment.Key(rawValue: name) { changes[key] = value }
    }
    let result = try await Subprocess.run(
      .path(FilePath(executable)), arguments: Arguments(arguments), environment: .inherit.updating(changes),
      workingDirectory: workingDirectory.map { FilePath($0) }, platformOptions: options, input: .inputWriter,
      output: .sequence, error: .combinedWithOutput
    ) { execution in
      await onStart(execution.processIdentifier.value)
      for try await line in execution.standardOutput.strings() { await onLine(line) }
      // Taken to the end, so that the pipe stays open as long as the process lives.
      try await execution.standardInputWriter.finish()
    }
    if case .exited(let code) = result.terminationStatus { return Ending(description: "exit \(code)", exitCode: code) }
    return Ending(description: "\(result.terminationStatus)", exitCode: nil)
  }
}
