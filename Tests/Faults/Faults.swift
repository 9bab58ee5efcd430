import Foundation
import Testing

/// Experiments with real processes, a real Redis and a real PostgreSQL: something is broken on purpose, and what must hold
/// is checked afterwards. They take minutes and run by `make faults` and `make chaos` only. They mostly wait for leases to
/// run out: `make faults` runs two side by side, `make chaos`, which judges times, one after the other.
@Suite("Faults", .sideBySide(FaultScale.value(1, else: 2)), .enabled(if: FaultScale.isAsked, "make faults runs these"))
enum Faults {
  /// A worker's lease in all experiments.
  static let leaseSeconds = 5
  static let lease: Duration = .seconds(leaseSeconds)
}

/// How often experiments are repeated: `make chaos` does what the table says, `make faults` a tenth, at least once.
enum FaultScale {
  static let isChaos = ProcessInfo.processInfo.environment["CHAOS"] == "1"
  static let isAsked = isChaos || ProcessInfo.processInfo.environment["FAULTS"] == "1"

  static func repetitions(_ count: Int) -> Int { isChaos ? count : max(1, count / 10) }

  /// A value of the table, or a smaller one where a machine that checks changes shall not wait so long.
  static func value<Value>(_ chaos: Value, else faults: Value) -> Value { isChaos ? chaos : faults }
}
