import ChildProcesses
import Foundation
import Synchronization

/// `model-orchestrator` on a folder of models that a test writes, for the competition `test`.
public struct LocalOrchestrator: Sendable {
  public let port: Int
  public let folder: String
  private let pid: @Sendable () -> Int32?
  private let running: Task<ChildProcess.Ending, any Error>

  /// - Parameter predictions: what the method `predict` of each model does, by model id.
  public static func with(
    _ predictions: [String: String], variables: [String: String] = [:],
    _ body: @Sendable (LocalOrchestrator) async throws -> Void
  ) async throws {
    let folder = NSTemporaryDirectory() + "/models-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder + "/_base", withIntermediateDirectories: true)
    let base = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Examples/models/_base/tracker.py").path
    try FileManager.default.copyItem(atPath: base, toPath: folder + "/_base/tracker.py")
    let port = try LoopbackPort.free()
    var environment: [String: String?] = [
      "MODELS_DIR": folder, "MODEL_PYTHON": try ModelPython.executable(), "CRUNCH_ID": "test",
      "MODEL_RUNNER_NODE_HOST": "127.0.0.1", "MODEL_RUNNER_NODE_PORT": String(port), "HEALTH_PORT": "0",
    ]
    for (name, value) in variables { environment[name] = value }
    let child = ChildProcess(
      executable: try Executables.products + "/model-orchestrator", environment: environment)
    let started = PID()
    for (model, source) in predictions { try write(model, source, in: folder) }
    let running = Task { try await child.run(onStart: { started.set($0) }) }
    let orchestrator = LocalOrchestrator(port: port, folder: folder, pid: { started.value }, running: running)
    do {
      try await body(orchestrator)
    } catch {
      running.cancel()
      _ = await running.result
      throw error
    }
    running.cancel()
    _ = await running.result
    try FileManager.default.removeItem(atPath: folder)
  }

  /// Writes a model's folder.
  public func write(_ model: String, _ predict: String) throws { try Self.write(model, predict, in: folder) }

  private static func write(_ model: String, _ predict: String, in folder: String) throws {
    let path = folder + "/" + model
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let source = """
      import os, time
      from tracker import TrackerBase

      class Model(TrackerBase):
          def predict(self, subject, resolve_horizon_seconds, step_seconds):
              \(predict)
      """
    try #"{"model_id": "\#(model)", "cruncher_id": "p-\#(model)", "cruncher_name": "Player"}"#.write(
      toFile: path + "/model.json", atomically: true, encoding: .utf8)
    try source.write(toFile: path + "/main.py", atomically: true, encoding: .utf8)
  }

  public func remove(_ model: String) throws { try FileManager.default.removeItem(atPath: folder + "/" + model) }

  /// The processes of the models that run now.
  public var nodes: [Int32] {
    guard let pid = pid() else { return [] }
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return threads.flatMap { thread in
      let data = FileManager.default.contents(atPath: "/proc/\(pid)/task/\(thread)/children") ?? Data()
      return String(decoding: data, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }
  }

  /// Waits for the orchestrator's end.
  public var ending: ChildProcess.Ending {
    get async throws { try await running.value }
  }

  public func signal(_ signal: Int32) {
    if let pid = pid() { kill(pid, signal) }
  }
}

private final class PID: Sendable {
  private let stored = Mutex<Int32?>(nil)
  var value: Int32? { stored.withLock { $0 } }
  func set(_ pid: Int32) { stored.withLock { $0 = pid } }
}

/// The Python that has what model nodes need.
public enum ModelPython {
  public static func executable() throws -> String {
    if let path = ProcessInfo.processInfo.environment["MODEL_PYTHON"], !path.isEmpty { return path }
    return try Executables.find("python3")
  }
}
