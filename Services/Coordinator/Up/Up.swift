import ArgumentParser
import ChildProcesses
import Competition
import Foundation
import ServiceKit
import Store

struct Up: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the whole node: every worker as a process of its own, restarted when it ends.",
    discussion: """
      Migrates, seeds the prediction configs, starts the workers, and shows how they do until Ctrl-C; then everything is
      drained and stopped. Logs are in .run/logs. MODELS_DIR, when it is set, is run by a model orchestrator of its own.
      """)

  @Flag(help: "Run the demo: real prices replayed, five example models, short intervals.")
  var demo = false
  @Option(help: "End by itself after so many seconds, with a summary.")
  var seconds: Int?
  @Option(help: "How many score workers.")
  var scoreWorkers = 1
  @Option(help: "Folder for logs and the list of processes.")
  var runDirectory = ".run"
  @Flag(help: "Print one line every few seconds in place of a screen.")
  var plain = false

  func validate() throws {
    guard scoreWorkers >= 1 else { throw ValidationError("--score-workers must be at least 1") }
    guard (1...Int(SettingSpan.longestSeconds)).contains(seconds ?? 1) else {
      throw ValidationError("--seconds must be at least 1, and at most ten years")
    }
  }

  func run() async throws {
    if demo { for (name, value) in try await DemoSettings.variables() { setenv(name, value, 0) } }
    let connection = try Connection()
    try FileManager.default.createDirectory(atPath: runDirectory + "/logs", withIntermediateDirectories: true)
    let seeded = try await Seeding.run(connection.store)
    Terminal.line("database ready, \(seeded.added.count + seeded.kept.count) prediction configs")
    let fleet = Fleet(
      workers: try Worker.all(scoreWorkers: scoreWorkers, environment: ProcessInfo.processInfo.environment),
      runDirectory: runDirectory)
    let screen = Screen(connection: connection, reportURL: Self.reportURL, isPlain: plain || !Terminal.isInteractive)

    let stop = await StopSignals()
    await fleet.start()
    Terminal.line("started: \(await fleet.names.joined(separator: ", ")); logs in \(runDirectory)/logs")
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await screen.run() }
      group.addTask { await stop.wait(seconds: seconds) }
      group.addTask { await fleet.waitForFailure() }
      // Whoever ends first: in practice the wait.
      await group.next()
      group.cancelAll()
    }
    Terminal.line("\ndraining …")
    let isBroken = await fleet.failure != nil
    await fleet.drain(isComplete: demo && !isBroken) {
      do { return try await connection.store.overview.pendingCount() == 0 } catch { return false }
    }
    if isBroken { throw ExitCode(ServiceMain.exitConfiguration) }
    Terminal.line(Overview.summary(try await connection.store.overview.totals()))
    if let board = try await connection.store.leaderboards.newest() {
      Terminal.line("\n" + Overview.leaderboard(board))
    }
  }

  private static var reportURL: String {
    let environment = ProcessInfo.processInfo.environment
    return "http://\(environment["REPORT_HOST"] ?? "127.0.0.1"):\(environment["REPORT_PORT"] ?? "8000")"
  }
}

struct Down: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Stops what `coordinator up` started here.")
  @Option(help: "Folder that `coordinator up` was given.")
  var runDirectory = ".run"

  func run() async throws {
    guard let running = try RunningFleet.read(runDirectory), running.isAlive else {
      Terminal.line("nothing runs here")
      return
    }
    kill(running.pid, SIGTERM)
    Terminal.line("stopping \(running.pid) …")
    while running.isAlive { try await Task.sleep(for: .milliseconds(100)) }
    Terminal.line("stopped")
  }
}
