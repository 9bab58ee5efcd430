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
  /// Reads the sums of a span of hours.
  private let readSums: @Sendable (ClosedRange<Int64>) async throws -> [ScoreHourSum]
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
    self.init(store: store, few: few) { try await store.hourSums($0) }
  }

  init(
    store: ReportStore, few: Int,
    readSums: @escaping @Sendable (ClosedRange<Int64>) async throws -> [ScoreHourSum]
  ) {
    self.store = store
    self.few = few
    self.readSums = readSums
  }

  /// What `ReportStore.windows` answers. Hours are kept for all models, whichever are asked for.
  public func windows(
    _ range: ReportRange, _ models: ReportModels, cutOffs: [Timestamp], byScope: Bool, includesEnsembles: Bool,
    now: Timestamp
  ) async throws -> [ScoreWindows] {
    guard try await store.hasMorePredictions(range, models, than: few) else {
      return try await store.windows(
        range, models, cutOffs: cutOffs, byScope: byScope, includesEnsembles: includesEnsembles)
    }
    let wanted: Set<String>? = models.isRestricted ? Set(models.ids) : nil
    // A range may begin at the beginning of time.
    guard let range = try await store.predicted(within: range) else { return [] }
    let plan = HourPlan(range: range, cutOffs: cutOffs, now: now)
    var table = WindowTable(cutOffs: cutOffs)
    for hour in try await sums(of: plan.hours) {
      for sum in hour.sums
      where wanted?.contains(sum.modelID) != false && (includesEnsembles || !EnsembleName.isVirtual(sum.modelID)) {
        table.add(sum, band: plan.band(of: hour.hour), byScope: byScope)
      }
    }
    for edge in plan.edges {
      let rows = try await store.bandSums(
        edge, models, table.thresholds, byScope: byScope, includesEnsembles: includesEnsembles)
      for row in rows { table.add(row.sum, band: row.band, byScope: byScope) }
    }
    return try await store.finished(table, byScope: byScope)
  }

  /// Those that are known, and those that are read now, spans of them at a time. Where nothing was predicted it goes on at
  /// the next prediction, so that a long range costs what is in it.
  private func sums(of wanted: ClosedRange<Int64>?) async throws -> [(hour: Int64, sums: [ScoreHourSum])] {
    guard let wanted else { return [] }
    var answer: [(hour: Int64, sums: [ScoreHourSum])] = []
    var hour = wanted.lowerBound
    while hour <= wanted.upperBound {
      if let sums = known(hour) {
        answer.append((hour, sums))
        hour += 1
        continue
      }
      guard let next = try await store.nextPrediction(in: HourPlan.range(hour...wanted.upperBound)) else { break }
      let first = HourPlan.hour(of: next)
      guard known(first) == nil else {
        hour = first
        continue
      }
      let span = HourPlan.span(from: first, through: wanted.upperBound) { known($0) == nil }
      answer += try await read(span)
      hour = span.upperBound + 1
    }
    forget(before: wanted.lowerBound)
    return answer
  }

  private func known(_ hour: Int64) -> [ScoreHourSum]? {
    hours[hour].flatMap { ContinuousClock.now < $0.until ? $0.sums : nil }
  }

  private func read(_ span: ClosedRange<Int64>) async throws -> [(hour: Int64, sums: [ScoreHourSum])] {
    await begin()
    defer { end() }
    let meanwhile = span.compactMap { hour in known(hour).map { (hour: hour, sums: $0) } }
    if meanwhile.count == span.count { return meanwhile }
    let read = Dictionary(grouping: try await readSums(span), by: \.hour)
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
