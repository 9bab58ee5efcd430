import Foundation
import Synchronization

/// How many schedules are run: `SIMULATION_SCHEDULES` of them, or as many as `SIMULATION_SECONDS` (20) allow, on
/// `SIMULATION_THREADS` threads. Seeds count from `SIMULATION_FIRST_SEED`; `SIMULATION_SEED` runs one alone.
enum Plan {
  struct Outcome: Sendable {
    var schedules = 0
    var predictions = 0
    var counts = FaultCounts()
    var failures: [Schedule.Report] = []
    var seconds = 0.0

    var text: String {
      let lost = failures.count { $0.violations.contains { $0.hasPrefix("I1") } }
      let doubled = failures.count { $0.violations.contains { $0.hasPrefix("I2") } }
      return "simulation: \(schedules) schedules in \(Int(seconds)) s, \(predictions) predictions, \(counts.text), "
        + "invariants I1 to I9 and I11 broken in \(failures.count) schedules, lost \(lost), doubled \(doubled)"
    }
  }

  private static func setting(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

  static var seed: UInt64? { setting("SIMULATION_SEED").map { UInt64($0) } }

  static func run() async -> Outcome {
    let seconds = setting("SIMULATION_SECONDS") ?? 20
    let limit = setting("SIMULATION_SCHEDULES")
    let first = setting("SIMULATION_FIRST_SEED") ?? 1
    let seeds = Seeds(first: first)
    let began = ContinuousClock.now
    var outcome = await withTaskGroup(of: Outcome.self) { group in
      for _ in 0..<(setting("SIMULATION_THREADS") ?? 2) {
        group.addTask {
          await onThread {
            var part = Outcome()
            while part.failures.count < 3 {
              let seed = seeds.next()
              let isOver = limit.map { seed >= first + $0 } ?? (ContinuousClock.now - began > .seconds(seconds))
              if isOver { break }
              part.add(Schedule(seed: UInt64(seed)).run())
            }
            return part
          }
        }
      }
      return await group.reduce(into: Outcome()) { $0.add($1) }
    }
    outcome.seconds = (ContinuousClock.now - began) / .seconds(1)
    return outcome
  }

  private final class Seeds: Sendable {
    private let upcoming: Mutex<Int>
    init(first: Int) { upcoming = Mutex(first) }

    func next() -> Int {
      upcoming.withLock { upcoming in
        defer { upcoming += 1 }
        return upcoming
      }
    }
  }

  /// Runs on a thread of its own, so that it holds up no other test.
  static func onThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: work()) }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }
}

extension Plan.Outcome {
  mutating func add(_ report: Schedule.Report) {
    schedules += 1
    predictions += report.predictions
    counts += report.counts
    if !report.violations.isEmpty { failures.append(report) }
  }

  mutating func add(_ other: Plan.Outcome) {
    schedules += other.schedules
    predictions += other.predictions
    counts += other.counts
    failures += other.failures
  }
}
