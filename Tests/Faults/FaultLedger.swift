import Competition
import Foundation
import Synchronization
import Testing

/// What all experiments of a run came to; printed when the process ends.
final class FaultLedger: Sendable {
  static let shared = FaultLedger()

  private struct Tally {
    var checked = 0
    var violations = 0
  }

  private struct State {
    var experiments: [String: Int] = [:]
    var kills = 0
    var restarts = 0
    var deliveredTwice = 0
    var predictions = 0
    var lost = 0
    var doubled = 0
    var audits = 0
    var invariants: [String: Tally] = [:]
    var recoveries: [String: [Double]] = [:]
  }

  private let state = Mutex(State())

  private init() { atexit { FaultLedger.shared.printSummary() } }

  func experiments(_ name: String, _ count: Int = 1) { state.withLock { $0.experiments[name, default: 0] += count } }
  func kills(_ count: Int = 1) { state.withLock { $0.kills += count } }
  func restarts(_ count: Int = 1) { state.withLock { $0.restarts += count } }

  func ended(predictions: Int, lost: Int, doubled: Int, deliveredTwice: Int) {
    state.withLock {
      $0.predictions += predictions
      $0.lost += lost
      $0.doubled += doubled
      $0.deliveredTwice += deliveredTwice
    }
  }

  /// Notes what `coordinator audit --json` said.
  func audited(_ report: JSON) {
    state.withLock { state in
      state.audits += 1
      for finding in report["findings"]?.array ?? [] {
        let name = finding["invariant"]?.string ?? "?"
        state.invariants[name, default: Tally()].checked += Int(finding["checked"]?.int ?? 0)
        state.invariants[name, default: Tally()].violations += Int(finding["violations"]?.int ?? 0)
      }
    }
  }

  /// Notes how long a recovery took. The bound is judged by `make chaos`; `make faults` runs where much else may run.
  func recovered(_ name: String, in time: Duration, bound: Duration) {
    state.withLock { $0.recoveries[name, default: []].append(time / .seconds(1)) }
    print("\(name): recovered in \(Self.text(time / .seconds(1))) s, bound \(Self.text(bound / .seconds(1))) s")
    if FaultScale.isChaos { #expect(time <= bound, "\(name) took too long to recover") }
  }

  private static func text(_ seconds: Double) -> String { String(format: "%.1f", seconds) }

  private func printSummary() {
    let state = state.withLock { $0 }
    guard !state.experiments.isEmpty else { return }
    print("\nfaults")
    for (name, count) in state.experiments.sorted(by: { $0.key < $1.key }) {
      let times = state.recoveries[name].map { times in
        "recovered in \(Self.text(times.reduce(0, +) / Double(times.count))) s, at most \(Self.text(times.max() ?? 0)) s"
      }
      print("  \(name): \(count) experiments" + (times.map { ", \($0)" } ?? ""))
    }
    print("invariants, \(state.audits) audits")
    for (name, tally) in state.invariants.sorted(by: { Int($0.key.dropFirst()) ?? 0 < Int($1.key.dropFirst()) ?? 0 }) {
      print("  \(name): \(tally.checked) checked, \(tally.violations) broken")
    }
    print(
      """
      experiments \(state.experiments.values.reduce(0, +)), kills \(state.kills), restarts \(state.restarts), \
      predictions \(state.predictions), entries delivered twice \(state.deliveredTwice), lost \(state.lost), \
      doubled \(state.doubled)
      """)
  }
}
