import ChildProcesses
import Competition
import Foundation
import Synchronization

/// Executes a configuration in a Python of its own and reads what it says.
struct ConfigurationReader: Sendable {
  let python: String
  let module: String
  /// Where its modules are looked for.
  let paths: [String]

  private static let patience: Duration = .seconds(60)

  /// - Throws: `WorkspaceError` with Python's own words when it cannot be executed.
  func settings() async throws -> JSONObject {
    let support = NSTemporaryDirectory() + "/coordinator-import-\(UUID().uuidString)"
    let files = FileManager.default
    try files.createDirectory(atPath: support, withIntermediateDirectories: true)
    defer { remove(support) }
    let folder = try SupportModules.write(beside: support)
    let script = String(decoding: PackageResources.read_config_py, as: UTF8.self)
    let child = ChildProcess(
      executable: try Self.program(python), arguments: ["-B", "-c", script] + paths + [folder, "--", module],
      workingDirectory: paths.first)
    let heard = Mutex<[String]>([])
    let run = Task { try await child.run(onLine: { line in heard.withLock { $0.append(line) } }) }
    let timer = Task {
      do { try await Task.sleep(for: Self.patience) } catch { return }
      run.cancel()
    }
    let ending = try await run.value
    timer.cancel()
    let lines = heard.withLock { $0 }
    guard let answer = lines.last(where: { $0.hasPrefix("{\"settings\"") || $0.hasPrefix("{\"refused\"") }) else {
      throw WorkspaceError(
        reason: "\(module) could not be executed (\(ending)): \(lines.suffix(3).joined(separator: " "))",
        remedy: "try it with \(python) -c 'import \(module.prefix { $0 != ":" })'")
    }
    let json = try JSON(parsing: answer)
    if let refused = json["refused"]?.string {
      throw WorkspaceError(
        reason: "\(module) cannot be loaded: \(refused)",
        remedy: "install what it imports into \(python), or name another with --python")
    }
    return json["settings"]?.object ?? [:]
  }

  private func remove(_ folder: String) {
    do { try FileManager.default.removeItem(atPath: folder) } catch {
      Terminal.complain("\(folder) could not be removed: \(error.localizedDescription)")
    }
  }

  /// A program by its path, or by its name on PATH.
  private static func program(_ name: String) throws -> String {
    if name.contains("/") { return name }
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    guard let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }) else {
      throw WorkspaceError(reason: "there is no \(name) on PATH", remedy: "name a Python with --python")
    }
    return "\(folder)/\(name)"
  }
}
