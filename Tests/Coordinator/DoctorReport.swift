import Competition
import Diagnosis
import TestKit
import Testing

/// What `doctor --json` says, findings by area.
struct DoctorReport {
  var exitCode: Int32?
  var findings: [JSON]

  func wrong(_ area: String) -> [JSON] {
    findings.filter { $0["area"]?.string == area && ["problem", "misconfigured"].contains($0["severity"]?.string) }
  }
  func texts(_ area: String) -> String {
    wrong(area).map { "\($0["what"]?.string ?? ""): \($0["cause"]?.string ?? "")" }.joined(separator: "\n")
  }

  static func of(
    _ command: Command, _ variables: [String: String?] = [:]
  ) async throws -> DoctorReport {
    // No orchestrator listens there, unless the test says where one does.
    var all: [String: String?] = [
      "MODEL_RUNNER_NODE_HOST": "127.0.0.1", "MODEL_RUNNER_NODE_PORT": String(try LoopbackPort.free()),
      "FEED_SOURCE": "test", "FEED_SUBJECTS": "BTC", "FEED_KIND": "candle", "FEED_GRANULARITY": "1m",
    ]
    for (name, value) in variables { all[name] = value }
    let outcome = try await command.run(["doctor", "--json", "--timeout", "4"], variables: all)
    let findings = try JSON(parsing: outcome.lines.last ?? "")["findings"]?.array ?? []
    return DoctorReport(exitCode: outcome.exitCode, findings: findings)
  }

  /// Every area is looked at, whatever is wrong.
  func expectAllAreas() {
    #expect(Set(findings.compactMap { $0["area"]?.string }).count == Finding.Area.allCases.count)
    for finding in findings where ["problem", "misconfigured"].contains(finding["severity"]?.string) {
      #expect(finding["remedy"]?.string?.isEmpty == false, "\(finding.text)")
    }
  }
}
