import Competition
import Store

/// How models did over a span of time: of each the mean of its values since the start of the span, at moments evenly apart.
struct ModelCourses: Sendable {
  var times: [Timestamp] = []
  var values: [String: [Double?]] = [:]

  init() {}

  /// - Parameters:
  ///   - snapshots: in any order; those of one moment have the same `periodEnd`.
  ///   - field: the member of their summaries that counts.
  init(_ snapshots: [ReportSnapshot], field: String) {
    times = Set(snapshots.map(\.periodEnd)).sorted()
    let places = Dictionary(uniqueKeysWithValues: times.enumerated().map { ($1, $0) })
    for (model, own) in Dictionary(grouping: snapshots, by: \.modelID) {
      var line = [Double?](repeating: nil, count: times.count)
      var (sum, weight) = (0.0, 0.0)
      for snapshot in own.sorted(by: { $0.periodEnd < $1.periodEnd }) {
        guard let place = places[snapshot.periodEnd],
          let value = snapshot.resultSummary?.members.last(where: { $0.key == field })?.value.number
        else { continue }
        sum += value * Double(max(1, snapshot.predictionCount))
        weight += Double(max(1, snapshot.predictionCount))
        line[place] = sum / weight
      }
      values[model] = line
    }
  }
}

/// Courses of all models, made anew every few seconds at most, whoever looks.
struct CourseBook: Sendable {
  private let answers = DearAnswers<Int, ModelCourses>(most: 16)
  let store: ReportStore
  let valueField: String
  let moments: Int

  /// Rows that are read for it.
  private static let rows = 20_000

  func courses(over span: ChartSpan, until end: Timestamp) async throws -> ModelCourses {
    let range = span.range(until: end)
    return try await answers.value(of: span.hours, over: range, isDear: { _ in true }) {
      let snapshots = try await store.thinnedSnapshots(
        overlapping: range, .all, includesEnsembles: false, cells: moments, limit: Self.rows)
      return ModelCourses(snapshots, field: valueField)
    }
  }
}
