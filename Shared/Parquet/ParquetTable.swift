import Competition

/// A table as a Parquet file holds it: columns of one length. Any value may be missing.
public struct ParquetTable: Sendable, Hashable {
  public var columns: [ParquetColumn]

  public init(_ columns: [ParquetColumn]) { self.columns = columns }

  public var rowCount: Int { columns.first?.values.count ?? 0 }
  /// The column of a name; nil when there is none.
  public subscript(name: String) -> ParquetColumn? { columns.first { $0.name == name } }
}

public struct ParquetColumn: Sendable, Hashable {
  public var name: String
  public var values: ParquetValues

  public init(_ name: String, _ values: ParquetValues) {
    self.name = name
    self.values = values
  }
}

/// The values of a column, of one type; nil where one is missing.
public enum ParquetValues: Sendable, Hashable {
  /// UTF-8; JSON is such a text too.
  case texts([String?])
  case integers([Int64?])
  case doubles([Double?])
  /// Microseconds, UTC.
  case times([Timestamp?])

  public var count: Int {
    switch self {
    case .texts(let values): values.count
    case .integers(let values): values.count
    case .doubles(let values): values.count
    case .times(let values): values.count
    }
  }

  public var texts: [String?]? { if case .texts(let values) = self { values } else { nil } }
  public var integers: [Int64?]? { if case .integers(let values) = self { values } else { nil } }
  public var doubles: [Double?]? { if case .doubles(let values) = self { values } else { nil } }
  public var times: [Timestamp?]? { if case .times(let values) = self { values } else { nil } }

  /// These values and others of the same type behind them; nil when the types differ.
  func appending(_ others: ParquetValues) -> ParquetValues? {
    switch (self, others) {
    case (.texts(let first), .texts(let second)): .texts(first + second)
    case (.integers(let first), .integers(let second)): .integers(first + second)
    case (.doubles(let first), .doubles(let second)): .doubles(first + second)
    case (.times(let first), .times(let second)): .times(first + second)
    default: nil
    }
  }
}

/// Why a file cannot be read, or a table not written.
public struct ParquetError: Error, Sendable, Hashable, CustomStringConvertible {
  public var reason: String

  init(_ reason: String) { self.reason = reason }

  public var description: String { reason }
}
