import ChildProcesses
import Foundation

/// A time of day that is wrong, for programs that a test starts. Their monotonic clocks go on as they should.
public enum ShiftedClock {
  /// The variables of a program whose clock is to be ahead by so many seconds, or behind; nil without a C compiler.
  public static func variables(seconds: Int) async throws -> [String: String]? {
    let compiler: String
    do { compiler = try Executables.find("cc") } catch { return nil }
    let source = URL(filePath: #filePath).deletingLastPathComponent().path + "/clock-shift.c"
    let library = NSTemporaryDirectory() + "/clock-shift-\(UUID().uuidString).so"
    let (exitCode, lines) = try await RunningProcess.run(
      compiler, ["-shared", "-fPIC", "-O1", "-o", library, source])
    guard exitCode == 0 else { throw NeverHappened(what: "a library that shifts clocks: \(lines)") }
    return ["LD_PRELOAD": library, "CLOCK_SHIFT_SECONDS": String(seconds)]
  }
}
