import Competition
import Postgres

/// Sums of the scores of past hours, kept in memory, so that the means of a week over very many predictions cost what the
/// last hour and the edges of the windows cost. An hour whose predictions have all ended is kept; it is read anew every few
/// minutes, since rows of other tools count as well (decision 29). Small ranges are always read as they are.
public actor ScoreHours {
  private struct Hour {
    var sums: [ScoreHourSum]
    var until: ContinuousClock.Instant
  }

  private let store: ReportStore
  /// By their start, in hours since 1970.
  private var hours: [Int64: Hour] = [:]
  private var kept = 0
  /// One reads at a time; whoever waits finds what the one before has read.
  private var isReading = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Predictions of a range up to which it is read as it is.
  private let few: Int
  /// Sums that are kept; with more, hours are read each time.
  private static let most = 200_000
  /// How long a finished hour is believed; as much again at most, so that not all are read anew at once.
  private static let belief = 300

  public init(store: ReportStore, few: Int = 50_000) {
    self.store = store
    self.few = few
  }

  /// What `ReportStore.windows` answers, for the models of all.
  public func windows(
    _ range: ReportRange, cutOffs: [Timestamp], byScope: Bool, includesEnsembles: Bool, now: Timestamp
  ) async throws -> [ScoreWindows] {
    guard try await store.hasMorePredictions(range, .all, than: few) else {
      return try await store.windows(
        range, .all, cutOffs: cutOffs, byScope: byScope, includesEnsembles: includesEnsembles)
    }
    // A range may begin at the beginning of time.
    guard let range = try await store.predicted(within: range) else { return [] }
    let plan = HourPlan(range: range, cutOffs: cutOffs, now: now)
    var table = WindowTable(cutOffs: cutOffs)
    for hour in try await sums(of: plan.hours) {
      for sum in hour.sums where includesEnsembles || !EnsembleName.isVirtual(sum.modelID) {
        table.add(sum, band: plan.band(of: hour.hour), byScope: byScope)
      }
    }
    for edge in plan.edges {
      let rows = try await store.bandSums(
        edge, .all, table.thresholds, byScope: byScope, includesEnsembles: includesEnsembles)
      for row in rows { table.add(row.sum, band: row.band, byScope: byScope) }
    }
    return try await store.finished(table, byScope: byScope)
  }

  /// Those that are known, and those that are read now, spans of them at a time.
  private func sums(of wanted: ClosedRange<Int64>?) async throws -> [(hour: Int64, sums: [ScoreHourSum])] {
    guard let wanted else { return [] }
    var answer: [(hour: Int64, sums: [ScoreHourSum])] = []
    var missing: [Int64] = []
    for hour in wanted {
      if let known = hours[hour], ContinuousClock.now < known.until {
        answer.append((hour, known.sums))
      } else {
        missing.append(hour)
      }
    }
    for span in HourPlan.spans(missing) {
      answer += try await read(span)
    }
    forget(before: wanted.lowerBound)
    return answer
  }

  private func read(_ span: ClosedRange<Int64>) async throws -> [(hour: Int64, sums: [ScoreHourSum])] {
    await begin()
    defer { end() }
    let known = span.compactMap { hour in
      hours[hour].flatMap { ContinuousClock.now < $0.until ? (hour: hour, sums: $0.sums) : nil }
    }
    if known.count == span.count { return known }
    let read = Dictionary(grouping: try await store.hourSums(span), by: \.hour)
    for hour in span { keep(hour, read[hour] ?? []) }
    return span.map { ($0, read[$0] ?? []) }
  }

  private func begin() async {
    guard isReading else {
      isReading = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Hands over to the next, which need not ask again.
  private func end() {
    if waiting.isEmpty { isReading = false } else { waiting.removeFirst().resume() }
  }

  private func keep(_ hour: Int64, _ sums: [ScoreHourSum]) {
    kept += sums.count - (hours[hour]?.sums.count ?? 0)
    hours[hour] = nil
    guard sums.allSatisfy({ $0.unfinished == 0 }), kept <= Self.most else {
      kept -= sums.count
      return
    }
    let seconds = Self.belief + Int(hour * 37 % Int64(Self.belief))
    hours[hour] = Hour(sums: sums, until: .now + .seconds(seconds))
  }

  /// Windows only move on.
  private func forget(before hour: Int64) {
    for (old, known) in hours where old < hour - 24 * 31 {
      kept -= known.sums.count
      hours[old] = nil
    }
  }
}
