import ChildProcesses
import Foundation
import HTTPFetch

/// A worker that a test started.
public final class WorkerProcess: Sendable {
  public let process: RunningProcess
  public let healthPort: Int

  /// - Parameter product: the service's name.
  public init(_ product: String, _ environment: [String: String?]) throws {
    healthPort = try LoopbackPort.free()
    var environment = environment
    environment["HEALTH_PORT"] = String(healthPort)
    process = RunningProcess(
      ChildProcess(executable: try Executables.products + "/" + product, environment: environment))
  }

  /// The end of the name under which it joins groups, before its random part.
  public func owns(_ consumer: String) -> Bool {
    guard let pid = process.pid else { return false }
    return consumer.contains("-\(pid)-")
  }

  public var isAlive: Bool { process.pid.map(SystemProcess.isAlive) ?? false }

  public func isReady() async -> Bool {
    do {
      return try await HTTPClient().send(HTTPRequest(url: "http://127.0.0.1:\(healthPort)/readyz")).status == 200
    } catch {
      return false
    }
  }

  /// What it says of its readiness.
  public func readiness() async throws -> String {
    let answer = try await HTTPClient().send(HTTPRequest(url: "http://127.0.0.1:\(healthPort)/readyz"))
    return String(decoding: answer.body, as: UTF8.self)
  }

  /// The value of a counter or gauge without labels, as its metrics say.
  public func metric(_ name: String) async throws -> Int {
    let response = try await HTTPClient().send(HTTPRequest(url: "http://127.0.0.1:\(healthPort)/metrics"))
    let line = String(decoding: response.body, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
  }

  /// Memory that it holds now, in MiB; 0 when it is gone.
  public var residentMegabytes: Int {
    guard let pid = process.pid, let data = FileManager.default.contents(atPath: "/proc/\(pid)/statm") else { return 0 }
    let pages = String(decoding: data, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * 4_096 / 1_048_576
  }
}
