import ChildProcesses
import Competition
import Logging
import Models
import ServiceKit

/// Runs one model as a process of crunch-model-runner, announces it when its port answers, and starts it again when it
/// ends. A model that a coordinator reports is stopped and stays stopped.
struct ModelRunner: Sendable {
  let folder: ModelFolder
  let python: String
  let baseDirectory: String
  /// Under which the model is announced.
  let advertisedHost: String
  let registry: RunRegistry
  let logger: Logger

  /// Ends the process when standard input does, that is with the orchestrator, and runs the node.
  private static let launcher = """
    import os, sys, threading
    def watch():
        sys.stdin.buffer.read()
        os._exit(0)
    threading.Thread(target=watch, daemon=True).start()
    from model_runner.server import cli
    cli()
    """

  func run() async {
    await withTaskGroup(of: Void.self) { group in
      let (reports, reported) = AsyncStream<String>.makeStream()
      group.addTask { await supervise { reported.yield($0) } }
      group.addTask {
        for await reason in reports {
          logger.warning("model stopped: a coordinator reported it", metadata: ["reason": "\(reason)"])
          return
        }
      }
      _ = await group.next()
      group.cancelAll()
    }
  }

  private func supervise(onReport: @Sendable @escaping (String) -> Void) async {
    let announced = Announcement()
    let port = PortBox()
    let supervisor = Supervisor(shortestPause: .seconds(1), longestPause: .seconds(30)) {
      let free = try await FreePort.find()
      await port.set(free)
      return child(port: free)
    }
    await withTaskGroup(of: Void.self) { group in
      let (starts, started) = AsyncStream<Int>.makeStream()
      group.addTask {
        for await port in starts {
          guard await FreePort.waitUntilOpen(port, patience: .seconds(60)) else { continue }
          let run = self.announcement(port: port)
          await announced.set(run)
          await registry.announce(run) { onReport($0) }
          logger.info("model runs", metadata: ["port": "\(port)"])
        }
      }
      await supervisor.run { event in
        switch event {
        case .started: started.yield(await port.value)
        case .line(let line): logger.info("\(line)")
        case .gaveUp(let how): logger.error("model ended for good", metadata: ["how": "\(how)"])
        case .ended(let how, let pause):
          if let run = await announced.take() { await registry.withdraw(run) }
          logger.warning("model ended", metadata: ["how": "\(how)", "again_in": "\(pause)"])
        }
      }
      if let run = await announced.take() { await registry.withdraw(run) }
      group.cancelAll()
    }
  }

  private func child(port: Int) -> ChildProcess {
    var child = ChildProcess(
      executable: python,
      arguments: [
        "-c", Self.launcher, "--address", "\(listeningHost):\(port)", "--code-directory", folder.path, "--log-level",
        "warning",
      ],
      environment: ["PYTHONPATH": baseDirectory, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"],
      workingDirectory: folder.path)
    child.grace = .seconds(3)
    return child
  }

  /// Models that only this machine calls listen to nobody else.
  private var listeningHost: String {
    ["localhost", "::1"].contains(advertisedHost) || advertisedHost.hasPrefix("127.") ? "127.0.0.1" : "0.0.0.0"
  }

  private func announcement(port: Int) -> ModelRun {
    let time = Timestamp.now().idMilliseconds.replacing(".", with: "_")
    return ModelRun(
      deploymentID: "\(folder.modelID)_\(time)", modelID: folder.modelID, name: folder.name,
      cruncherID: folder.cruncherID, cruncherName: folder.cruncherName, walletPubkey: folder.cruncherID,
      state: .running, host: advertisedHost, port: port)
  }

  private actor Announcement {
    private var run: ModelRun?
    func set(_ run: ModelRun) { self.run = run }
    func take() -> ModelRun? {
      defer { run = nil }
      return run
    }
  }

  private actor PortBox {
    private(set) var value = 0
    func set(_ value: Int) { self.value = value }
  }
}
