import Competition
import Parquet

/// A feed's records as a table, with the columns of the original: times, the feed's four names, prices as columns of their
/// own, and all else as JSON in `meta`.
public struct FeedHistory: Sendable, Hashable {
  /// A line of the table.
  struct Row: Sendable, Hashable {
    var time: Timestamp
    var names: [String?]
    var prices: [Double?]
    var meta: String?
  }

  /// By time, each once.
  private(set) var rows: [Row]

  private static let names = ["source", "subject", "kind", "granularity"]
  fileprivate static let prices = ["open", "high", "low", "close", "volume"]
  /// Where `meta` has what came with the record beside its values.
  fileprivate static let recordMeta = "_record_meta"

  /// Of several rows of one time the last one stays.
  init(_ rows: [Row]) {
    let last = Dictionary(rows.map { ($0.time, $0) }) { $1 }
    self.rows = last.values.sorted { $0.time < $1.time }
  }

  init(_ records: [FeedRecord]) { self.init(records.map(Row.init)) }

  func merging(_ newer: FeedHistory) -> FeedHistory { FeedHistory(rows + newer.rows) }

  var table: ParquetTable { Self.table(rows) }

  /// Records as a table, in their order, of any feeds.
  static func table(of records: [FeedRecord]) -> ParquetTable { table(records.map(Row.init)) }

  private static func table(_ rows: [Row]) -> ParquetTable {
    var columns = [ParquetColumn("ts_event", .times(rows.map(\.time)))]
    for (index, name) in names.enumerated() {
      columns.append(ParquetColumn(name, .texts(rows.map { $0.names[index] })))
    }
    for (index, name) in prices.enumerated() {
      columns.append(ParquetColumn(name, .doubles(rows.map { $0.prices[index] })))
    }
    columns.append(ParquetColumn("meta", .texts(rows.map(\.meta))))
    return ParquetTable(columns)
  }

  /// - Throws: `HistoryError` when a column is missing or has another type.
  static func rows(of table: ParquetTable) throws(HistoryError) -> [Row] {
    guard let times = table["ts_event"]?.values.times else { throw HistoryError("it has no times in ts_event") }
    var texts: [[String?]] = []
    for name in names + ["meta"] {
      guard let values = table[name]?.values.texts else { throw HistoryError("it has no texts in \(name)") }
      texts.append(values)
    }
    var numbers: [[Double?]] = []
    for name in prices {
      guard let values = table[name]?.values.doubles else { throw HistoryError("it has no doubles in \(name)") }
      numbers.append(values)
    }
    return times.indices.compactMap { index in
      times[index].map { time in
        Row(
          time: time, names: texts.dropLast().map { $0[index] }, prices: numbers.map { $0[index] },
          meta: texts[names.count][index])
      }
    }
  }

  /// The records of a table, in its order, such as those of a file that is replayed.
  /// - Parameter ingestedTime: that they are given; a file does not tell when they were taken in.
  public static func records(of table: ParquetTable, ingestedTime: Timestamp) throws(HistoryError) -> [FeedRecord] {
    try rows(of: table).map { $0.record(ingestedTime: ingestedTime) }
  }
}

extension FeedHistory.Row {
  init(_ record: FeedRecord) {
    time = record.eventTime
    names = [record.key.source, record.key.subject, record.key.kind.rawValue, record.key.granularity]
    prices = FeedHistory.prices.map { record.values[$0]?.number }
    // A price that is no number keeps its place among the rest.
    var rest = JSONObject(
      record.values.lazy.filter { !FeedHistory.prices.contains($0.key) || $0.value.number == nil }.map {
        ($0.key, $0.value)
      })
    if !record.meta.isEmpty { rest[FeedHistory.recordMeta] = .object(record.meta) }
    meta = JSON.object(rest).text
  }

  func record(ingestedTime: Timestamp) -> FeedRecord {
    var values = JSONObject()
    for (name, price) in zip(FeedHistory.prices, prices) { values[name] = price.map { .double($0) } }
    var rest = JSONObject()
    if let meta {
      do { rest = try JSON(parsing: meta).object ?? [:] } catch { rest = ["meta": .string(meta)] }
    }
    let own = rest[FeedHistory.recordMeta]?.object ?? [:]
    rest[FeedHistory.recordMeta] = nil
    return FeedRecord(
      key: FeedKey(
        source: names[0] ?? "", subject: names[1] ?? "", kind: FeedKind(rawValue: names[2] ?? ""),
        granularity: names[3] ?? ""),
      eventTime: time, ingestedTime: ingestedTime, values: values.merging(rest), meta: own)
  }
}
