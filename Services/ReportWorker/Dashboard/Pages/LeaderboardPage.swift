import Competition
import Store

// The ranking: /.

extension Dashboard {
  /// Models on one page.
  private static let rows = 100
  /// Models whose course is drawn large.
  private static let leaders = 5
  /// Moments that a line has.
  private static let moments = 48

  var leaderboardPages: [Route] {
    let courses = CourseBook(store: store, valueField: api.contract.aggregation.valueField, moments: Self.moments)
    return [
      page("/", guardedAs: "/reports/leaderboard", "The ranking.") { try await leaderboard($0, courses) }
    ]
  }

  private func leaderboard(_ request: APIRequest, _ courses: CourseBook) async throws -> Content {
    let aggregation = api.contract.aggregation
    let span = ChartSpan(request, aggregation)
    let rows = try await store.leaderboard(includesEnsembles: false, limit: Page.rows, offset: 0)
    let course = rows.isEmpty ? ModelCourses() : try await courses.courses(over: span, until: request.time)
    let order = LeaderboardOrder(request, columns: columns)
    let sorted = order.sorted(rows)
    let wanted = max(1, request.text("page").flatMap { Int($0) } ?? 1)
    // A page behind the last one is empty.
    let number = min(wanted, sorted.count / Self.rows + 2)
    let first = min((number - 1) * Self.rows, sorted.count)
    let shown = sorted[first...].prefix(Self.rows)
    let figures = await api.live.figures()
    let newest = try await store.checkpointStates(limit: 1).first
    let chart = LineChart(
      times: course.times,
      lines: rows.prefix(Self.leaders).compactMap { row in
        row.modelID.flatMap { course.values[$0] }.map {
          LineChart.Line(name: row.modelName ?? row.modelID ?? "", values: $0)
        }
      }, unit: "Mean \(aggregation.valueField) since the start of the span")
    let leader = rows.first { $0.rank == 1 }
    let drawn = chart.drawn
    let view = LeaderboardView(
      updated: rows.first.map { ShownTime($0.createdAt, now: request.time) },
      rankedBy: order.name(of: aggregation.rankingKey),
      models: Shown.count(rows.count), leader: leader?.modelName ?? leader?.modelID ?? Shown.nothing,
      scored: Shown.rate(figures.rates.flows[.predictionsPending]?.finished),
      backlog: Shown.count(figures.look.streams?.status.backlog), checkpoint: newest.map { CheckpointMark($0) },
      leaders: min(Self.leaders, rows.count), spans: span.choices, chart: drawn, isByRank: order.isByRank,
      columns: order.headings(request), hasRows: !rows.isEmpty, rows: order.lines(Array(shown), of: rows, course),
      previous: number > 1 ? request.link(["page": String(number - 1)]) : nil,
      next: first + Self.rows < sorted.count ? request.link(["page": String(number + 1)]) : nil)
    return Content(
      title: "Leaderboard", section: .leaderboard, template: .leaderboard, view: view, hasChart: drawn != nil,
      isLive: true, refreshSeconds: 30)
  }

  /// Those that the contract declares for every client.
  private var columns: [LeaderboardOrder.Column] {
    (ReportSchema.columns(api.contract).array ?? []).compactMap { column in
      guard column["type"] == "VALUE", let property = column["property"]?.string else { return nil }
      return LeaderboardOrder.Column(
        key: property, name: column["displayName"]?.string ?? property, title: column["tooltip"]?.string)
    }
  }
}

private struct LeaderboardView {
  var updated: ShownTime?
  var rankedBy: String
  var models: String
  var leader: String
  var scored: String
  var backlog: String
  var checkpoint: CheckpointMark?
  var leaders: Int
  var spans: [Choice]
  var chart: LineChart.Drawn?
  var isByRank: Bool
  var columns: [LeaderboardOrder.Heading]
  var hasRows: Bool
  var rows: [LeaderboardOrder.Line]
  var previous: String?
  var next: String?
}

/// A checkpoint in a word.
struct CheckpointMark {
  var path: String
  var ended: String
  var status: String
  var tone: String

  init(_ checkpoint: CheckpointState) {
    path = "/checkpoints/\(checkpoint.id.percentEncoded)"
    ended = Shown.time(checkpoint.periodEnd)
    status = checkpoint.status
    tone = Self.tone(checkpoint.status)
  }

  static func tone(_ status: String) -> String {
    switch CheckpointStatus(rawValue: status) {
    case .paid: "good"
    case .pending: "wait"
    default: ""
    }
  }
}
