import ChildProcesses
import Foundation

/// A process of the node and the executable it runs, which lies beside this one.
struct Worker: Sendable {
  var name: String
  var executable: String

  /// All processes in the order in which they start. The orchestrator is among them when there is a folder of models.
  static func all(scoreWorkers: Int, environment: [String: String]) throws -> [Worker] {
    var workers: [(name: String, product: String)] = []
    if let models = environment["MODELS_DIR"], !models.isEmpty {
      workers.append(("model-orchestrator", "model-orchestrator"))
    }
    workers += [("report-worker", "report-worker"), ("checkpoint-worker", "checkpoint-worker")]
    workers += (1...scoreWorkers).map { (scoreWorkers == 1 ? "score-worker" : "score-worker-\($0)", "score-worker") }
    workers += [("predict-worker", "predict-worker"), ("feed-data-worker", "feed-data-worker")]
    let folder = try Self.folder()
    return workers.map { Worker(name: $0.name, executable: folder + "/" + $0.product) }
  }

  private static func folder() throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return (own as NSString).deletingLastPathComponent
  }

  /// Whether it takes in or makes work; such workers stop first.
  var isSource: Bool { name == "predict-worker" || name == "feed-data-worker" }

  var child: ChildProcess {
    // Ports are for one process each.
    ChildProcess(executable: executable, environment: ["HEALTH_PORT": "0", "LOG_FORMAT": "plain"])
  }
}
