import ChildProcesses
import Competition
import Foundation
import HTTPFetch
import Synchronization
import TestKit

/// The independent orchestrator with its model nodes, in the folder `MODEL_RIG_DIR`.
struct Rig: Sendable {
  let port: Int
  private let control: String

  static let folder = ProcessInfo.processInfo.environment["MODEL_RIG_DIR"] ?? ""
  static var isThere: Bool { FileManager.default.fileExists(atPath: folder + "/rig.py") }

  /// Starts a rig with one model of each kind, whose id is its kind, and stops it afterwards.
  static func with(_ kinds: [String], _ body: @Sendable (Rig) async throws -> Void) async throws {
    let child = ChildProcess(
      executable: try ModelPython.executable(),
      arguments: [folder + "/rig.py", "--port", "0", "--control-port", "0", "--models", "0", "--exit-on-stdin-close"]
        + kinds.flatMap { ["--model", "\($0):\($0)"] })
    let output = Mutex<[String]>([])
    try await withThrowingTaskGroup(of: Void.self) { group in
      let (lines, line) = AsyncStream<String>.makeStream()
      group.addTask {
        _ = try await child.run(onLine: { line.yield($0) })
        line.finish()
      }
      var ready: JSON?
      for await line in lines {
        output.withLock { $0.append(line) }
        guard line.hasPrefix("READY ") else { continue }
        ready = try JSON(parsing: String(line.dropFirst("READY ".count)))
        break
      }
      guard let ready, let port = ready["ws_port"]?.int, let control = ready["control"]?.string else {
        throw NeverHappened(what: "the rig is ready; it said \(output.withLock { $0 })")
      }
      try await body(Rig(port: Int(port), control: control))
      group.cancelAll()
    }
  }

  @discardableResult
  func post(_ path: String, _ body: JSON = [:]) async throws -> JSON {
    try await send(
      HTTPRequest(
        .post, url: control + path, headers: ["Content-Type": "application/json"], body: Array(body.text.utf8)))
  }

  func get(_ path: String) async throws -> JSON { try await send(HTTPRequest(url: control + path)) }

  private func send(_ request: HTTPRequest) async throws -> JSON {
    let response = try await HTTPClient().send(request)
    guard response.status == 200 else {
      throw NeverHappened(what: "\(request.url): \(String(decoding: response.body, as: UTF8.self))")
    }
    return try JSON(parsing: response.body)
  }

  /// The codes with which a model was reported.
  func reports(of model: String) async throws -> [String] {
    let answer = try await get("/reports")
    let reports = answer.array ?? answer["reports"]?.array ?? []
    return reports.filter { $0["model_id"]?.string == model }.compactMap { $0["failure_code"]?.string }
  }
}
