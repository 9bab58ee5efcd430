/// The rows that metrics look back on, kept from one bucket to the next: a cycle adds what is new and forgets what is old,
/// so its cost follows the window and not the competition's history.
public struct MetricWindow: Sendable, Hashable {
  /// `METRICS_WINDOW_SECONDS`
  public var seconds: Int

  private struct Row: Sendable, Hashable {
    var time: Timestamp
    var key: MetricKey
    var cells: [String: MetricCell]
  }

  /// Ascending by time, then key.
  private var rows: [Row] = []
  private var times: [MetricKey: Timestamp] = [:]

  public init(seconds: Int) { self.seconds = seconds }

  public var count: Int { rows.count }

  /// Adds what is known of a model at a key, or sets it in the place of what was.
  /// - Parameter resolvableAt: of the prediction; all predictions of a key share one.
  public mutating func set(_ cell: MetricCell, of modelID: String, at key: MetricKey, resolvableAt: Timestamp) {
    let time = times[key] ?? resolvableAt
    let place = place(of: key, at: time)
    if times[key] == nil {
      times[key] = time
      rows.insert(Row(time: time, key: key, cells: [:]), at: place)
    }
    rows[place].cells[modelID] = cell
  }

  /// Forgets what no window that ends at `time` or later reaches.
  public mutating func forget(endingAt time: Timestamp) {
    let start = time.adding(seconds: -seconds)
    let outdated = rows.prefix { $0.time < start }
    for row in outdated { times[row.key] = nil }
    rows.removeFirst(outdated.count)
  }

  /// What became resolvable in the window's seconds before `end`, `end` itself aside.
  public func panel(endingAt end: Timestamp, ensembles: [String] = []) -> MetricPanel {
    let start = end.adding(seconds: -seconds)
    let inside = rows.drop { $0.time < start }.prefix { $0.time < end }
    return MetricPanel(rows: inside.map(\.cells), ensembles: ensembles)
  }

  /// Where the row of a key is or belongs.
  private func place(of key: MetricKey, at time: Timestamp) -> Int {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if (rows[middle].time, rows[middle].key) < (time, key) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
