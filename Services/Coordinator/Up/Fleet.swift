import ChildProcesses
import Competition
import Foundation
import ServiceKit

/// The processes that `coordinator up` runs.
actor Fleet {
  private struct Running {
    var worker: Worker
    var task: Task<Void, Never>
    var pid: Int32?
  }

  private let workers: [Worker]
  private let runDirectory: String
  private var running: [String: Running] = [:]
  private var lastLines: [String: String] = [:]
  /// The worker whose settings are wrong, if one has been found out.
  private(set) var failure: String?
  private let failures: AsyncStream<Void>
  private let failed: AsyncStream<Void>.Continuation

  init(workers: [Worker], runDirectory: String) {
    self.workers = workers
    self.runDirectory = runDirectory
    (failures, failed) = AsyncStream.makeStream()
  }

  /// Waits until a worker turns out to have wrong settings.
  func waitForFailure() async { for await _ in failures {} }

  var names: [String] { workers.map(\.name) }

  func start() {
    for worker in workers {
      let log = LogFile(path: "\(runDirectory)/logs/\(worker.name).log")
      let supervisor = Supervisor { worker.child }
      let task = Task {
        await supervisor.run { event in await self.handle(event, worker, log) }
        self.ended(worker)
      }
      running[worker.name] = Running(worker: worker, task: task)
    }
  }

  private func handle(_ event: Supervisor.Event, _ worker: Worker, _ log: LogFile) {
    switch event {
    case .started(let pid):
      running[worker.name]?.pid = pid
      writeList()
    case .line(let line):
      log.append(line)
      lastLines[worker.name] = line
    case .gaveUp:
      Terminal.complain("\(worker.name) cannot start: \(lastLines[worker.name] ?? "see its log")")
      failure = failure ?? worker.name
      failed.finish()
    case .ended(let how, let pause):
      log.append("ended: \(how); starts again in \(pause)")
      Terminal.complain(
        "\(worker.name) ended (\(how)) and starts again in \(pause); see \(runDirectory)/logs/\(worker.name).log")
    }
  }

  private func ended(_ worker: Worker) {
    running[worker.name] = nil
    writeList()
  }

  /// Stops everything in order: what makes work, then what does it. With `isComplete` nothing new is asked of models, and
  /// the rest goes on until `isDone` says so, half a minute at most.
  func drain(isComplete: Bool, isDone: @Sendable () async -> Bool) async {
    if isComplete {
      await stop { $0.name == "predict-worker" }
      let deadline = ContinuousClock.now + .seconds(30)
      while ContinuousClock.now < deadline, !(await isDone()) { await rest(.milliseconds(250)) }
    }
    await stop { $0.isSource }
    await stop { $0.name.hasPrefix("score-worker") }
    await stop { _ in true }
    RunningFleet.remove(runDirectory)
  }

  private func stop(_ which: (Worker) -> Bool) async {
    let tasks = running.values.filter { which($0.worker) }.map(\.task)
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
  }

  private func writeList() {
    let children = running.values.compactMap { running in running.pid.map { (running.worker.name, $0) } }
    do { try RunningFleet.write(runDirectory, children: children) } catch {
      Terminal.complain("the list of processes cannot be written: \(error)")
    }
  }
}

/// Appends lines to a file.
final class LogFile: Sendable {
  private let handle: FileHandle?

  init(path: String) {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    handle = FileHandle(forWritingAtPath: path)
    if handle == nil { Terminal.complain("\(path) cannot be written") }
  }

  func append(_ line: String) { handle?.write(Data((line + "\n").utf8)) }
}
