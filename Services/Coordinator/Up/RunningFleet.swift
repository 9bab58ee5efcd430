import Competition
import Foundation

/// The list of processes in the run directory, by which `coordinator down` and people find them.
struct RunningFleet {
  var pid: Int32

  var isAlive: Bool { kill(pid, 0) == 0 }

  static func path(_ directory: String) -> String { directory + "/up.json" }

  static func write(_ directory: String, children: [(name: String, pid: Int32)]) throws {
    let list = children.sorted { $0.name < $1.name }.map { ($0.name, JSON(Int($0.pid))) }
    let object: JSONObject = ["pid": JSON(Int(getpid())), "workers": .object(JSONObject(list))]
    try JSON.object(object).text.write(toFile: path(directory), atomically: true, encoding: .utf8)
  }

  static func read(_ directory: String) throws -> RunningFleet? {
    guard let data = FileManager.default.contents(atPath: path(directory)) else { return nil }
    return try JSON(parsing: [UInt8](data))["pid"]?.int.map { RunningFleet(pid: Int32(truncatingIfNeeded: $0)) }
  }

  static func remove(_ directory: String) {
    do { try FileManager.default.removeItem(atPath: path(directory)) } catch {
      return  // It was not there: nothing was started.
    }
  }
}
