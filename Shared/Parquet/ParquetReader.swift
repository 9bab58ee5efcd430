import Competition

/// Reads a Parquet file: of this node, and those that pyarrow, pandas and DuckDB write unless they are told otherwise. That
/// is flat columns of texts, 64-bit integers, doubles and times in microseconds, plain or by dictionary, compressed by gzip,
/// Snappy or not at all.
public struct ParquetReader: Sendable {
  private struct Column: Sendable {
    var name: String
    var type: ParquetType
    var isOptional: Bool
  }

  private let bytes: [UInt8]
  private let columns: [Column]
  private let groups: [Thrift]
  public let rowCount: Int

  /// - Parameter bytes: the whole file.
  /// - Throws: `ParquetError`, which names what is not read here.
  public init(_ bytes: [UInt8]) throws(ParquetError) {
    guard let length = ParquetFooter.length(tail: Array(bytes.suffix(ParquetFooter.tail))),
      length <= bytes.count - ParquetFooter.tail - ParquetFooter.magic.count,
      bytes.starts(with: ParquetFooter.magic)
    else { throw ParquetError("this is no Parquet file, or not all of it") }
    let metadata = ParquetFooter.read(bytes.dropLast(ParquetFooter.tail).suffix(length))
    guard let metadata, let schema = metadata[2]?.list, let rows = metadata[3]?.integer, let groups = metadata[4]?.list
    else { throw ParquetError("the file's metadata make no sense") }
    var columns: [Column] = []
    for entry in schema.dropFirst() {
      let type = try ParquetType(schema: entry)
      columns.append(Column(name: entry[4]?.text ?? "", type: type, isOptional: entry[3]?.integer == 1))
    }
    self.bytes = bytes
    self.columns = columns
    self.groups = groups
    rowCount = rows
  }

  /// How many parts the file has.
  public var groupCount: Int { groups.count }

  /// All of the file.
  public func table() throws(ParquetError) -> ParquetTable {
    var table = ParquetTable(columns.map { ParquetColumn($0.name, $0.type.none) })
    for index in groups.indices {
      for (place, column) in try group(index).columns.enumerated() {
        guard let values = table.columns[place].values.appending(column.values) else { continue }
        table.columns[place].values = values
      }
    }
    return table
  }

  /// One part of the file, for those that are too large to be held at once.
  public func group(_ index: Int) throws(ParquetError) -> ParquetTable {
    let chunks = groups[index][1]?.list ?? []
    guard chunks.count == columns.count else { throw ParquetError("a part of the file lacks columns") }
    var table = ParquetTable([])
    for (column, chunk) in zip(columns, chunks) {
      table.columns.append(ParquetColumn(column.name, try values(of: column, chunk)))
    }
    return table
  }

  private func values(of column: Column, _ chunk: Thrift) throws(ParquetError) -> ParquetValues {
    let broken = ParquetError("column \(column.name) is damaged")
    guard let metadata = chunk[3], let count = metadata[5]?.integer, let size = metadata[7]?.integer,
      let first = metadata[9]?.integer, let codec = metadata[4]?.integer, count >= 0, size >= 0
    else { throw broken }
    let start = metadata[11]?.integer.map { $0 > 0 ? min($0, first) : first } ?? first
    guard start >= 0, start <= bytes.count, size <= bytes.count - start else { throw broken }
    guard let codec = ParquetCodec(rawValue: codec) else {
      throw ParquetError("column \(column.name) is compressed in a way that is not read: gzip and Snappy are")
    }
    var pages = ParquetPages(
      column: column.name, type: column.type, isOptional: column.isOptional, codec: codec,
      bytes: bytes[start..<start + size])
    return try pages.values(count)
  }
}

extension ParquetType {
  var none: ParquetValues {
    switch self {
    case .text: .texts([])
    case .integer: .integers([])
    case .double: .doubles([])
    case .time: .times([])
    }
  }
}
