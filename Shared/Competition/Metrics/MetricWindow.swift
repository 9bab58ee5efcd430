/// The rows that metrics look back on, kept from one bucket to the next: a cycle adds what is new and forgets what is old,
/// so its cost follows the window and not the competition's history.
public struct MetricWindow: Sendable, Hashable {
  /// `METRICS_WINDOW_SECONDS`
  public var seconds: Int
  /// Whether whole answers are kept, for functions of the competition.
  public var keepsAnswers: Bool
  /// The contract's; see `MetricCell`.
  public var valueField: String

  /// All models' answers about one thing.
  struct Row: Sendable, Hashable {
    var time: Timestamp
    var key: MetricKey
    var cells: [String: MetricCell]
  }

  /// Rows by the start of their bucket, ascending by time and key in each.
  private var rows: [Timestamp: [Row]] = [:]

  public init(seconds: Int, keepsAnswers: Bool = false, valueField: String = "value") {
    self.seconds = seconds
    self.keepsAnswers = keepsAnswers
    self.valueField = valueField
  }

  public var count: Int { rows.values.reduce(0) { $0 + $1.count } }

  /// Sets the answers of a bucket in place of what was known of it.
  public mutating func replace(_ periodStart: Timestamp, with answers: [ScoredAnswer]) {
    var found: [MetricKey: [Timestamp: Row]] = [:]
    for answer in answers {
      let (key, time) = (answer.key, answer.time)
      var cell = answer.cell(valueField: valueField)
      if keepsAnswers { cell.answer = answer.past }
      found[key, default: [:]][time, default: Row(time: time, key: key, cells: [:])].cells[answer.prediction.modelID] =
        cell
    }
    rows[periodStart] = found.values.flatMap(\.values).sorted { ($0.time, $0.key) < ($1.time, $1.key) }
  }

  /// Forgets what no window that ends at `time` or later reaches.
  public mutating func forget(endingAt time: Timestamp) {
    let start = time.adding(seconds: -seconds)
    for (bucket, kept) in rows where bucket < start {
      let left = kept.filter { $0.time >= start }
      rows[bucket] = left.isEmpty ? nil : left
    }
  }

  /// What became resolvable in the window's seconds before `end`, `end` itself aside, in order of time.
  func rows(endingAt end: Timestamp) -> [Row] {
    let start = end.adding(seconds: -seconds)
    return rows.filter { $0.key < end }.sorted { $0.key < $1.key }.flatMap(\.value)
      .filter { $0.time >= start && $0.time < end }
      .sorted { ($0.time, $0.key) < ($1.time, $1.key) }
  }

  /// What each model answered before a time, in order of time; empty unless whole answers are kept.
  func answers(in rows: some Sequence<Row>) -> [String: [PastAnswer]] {
    var answers: [String: [PastAnswer]] = [:]
    for row in rows {
      for (model, cell) in row.cells { if let answer = cell.answer { answers[model, default: []].append(answer) } }
    }
    return answers
  }

  public func panel(endingAt end: Timestamp, ensembles: [String] = []) -> MetricPanel {
    MetricPanel(rows: rows(endingAt: end).map(\.cells), ensembles: ensembles)
  }
}
