import Zlib

/// Writes a table as a Parquet file, part by part: the bytes that come back follow one another in the file.
///
///     var writer = ParquetWriter()
///     file += try writer.append(morning)
///     file += try writer.append(afternoon)
///     file += writer.finish()
///
/// Each part is a row group of one page a column: plain values, compressed by gzip, with the least and the greatest one.
public struct ParquetWriter: Sendable {
  private static let codec: Int64 = 2
  private static let plain: Int64 = 0
  private static let runLength: Int64 = 3

  private var schema: [ParquetColumn]?
  private var groups: [Thrift] = []
  private var rows = 0
  private var offset = 0

  public init() {}

  /// A whole file of one part.
  public static func file(_ table: ParquetTable) throws(ParquetError) -> [UInt8] {
    var writer = ParquetWriter()
    return try writer.append(table) + writer.finish()
  }

  /// The bytes of a part.
  /// - Throws: `ParquetError` when its columns differ in length, or in names or types from those of the first part.
  public mutating func append(_ table: ParquetTable) throws(ParquetError) -> [UInt8] {
    try check(table)
    guard table.rowCount > 0 else { return [] }
    var output = offset == 0 ? ParquetFooter.magic : []
    let start = offset
    let firstPage = Int64(start + output.count)
    var chunks: [Thrift] = []
    var plainSize = 0
    for column in table.columns {
      let page = try Page(column)
      chunks.append(
        .fields([2: .int64(0), 3: Self.metadata(of: column, page, offset: Int64(start + output.count))]))
      plainSize += page.plainSize
      output += page.bytes
    }
    offset += output.count
    groups.append(
      .fields([
        1: .list(chunks), 2: .int64(Int64(plainSize)), 3: .int64(Int64(table.rowCount)), 5: .int64(firstPage),
        6: .int64(Int64(offset) - firstPage), 7: .int16(Int64(groups.count)),
      ]))
    rows += table.rowCount
    return output
  }

  /// The bytes at the end of the file. Without a part the file has no columns.
  public mutating func finish() -> [UInt8] {
    let columns = schema ?? []
    let root = Thrift.fields([4: .text("schema"), 5: .int32(Int64(columns.count))])
    let metadata = Thrift.fields([
      1: .int32(2), 2: .list([root] + columns.map { $0.values.type.schema(name: $0.name) }), 3: .int64(Int64(rows)),
      4: .list(groups), 6: .text("coordinator-node"),
      // By this the least and greatest values count: in the order of the type.
      7: .list(columns.map { _ in .fields([1: .structure([])]) }),
    ]).encoded
    var output = offset == 0 ? ParquetFooter.magic : []
    output += metadata
    output.append(littleEndian: UInt32(metadata.count))
    return output + ParquetFooter.magic
  }

  private mutating func check(_ table: ParquetTable) throws(ParquetError) {
    guard !table.columns.isEmpty, Set(table.columns.map(\.name)).count == table.columns.count else {
      throw ParquetError("a table needs columns, each of another name")
    }
    guard table.columns.allSatisfy({ $0.values.count == table.rowCount }) else {
      throw ParquetError("the columns differ in length")
    }
    if let schema {
      let isSame = schema.elementsEqual(table.columns) { $0.name == $1.name && $0.values.type == $1.values.type }
      guard isSame else { throw ParquetError("the columns are not those of the first part") }
    } else {
      schema = table.columns.map { ParquetColumn($0.name, $0.values.empty) }
    }
  }

  private static func metadata(of column: ParquetColumn, _ page: Page, offset: Int64) -> Thrift {
    let bounds = column.values.bounds
    let statistics = Thrift.fields([
      3: .int64(Int64(column.values.missing)), 5: bounds.map { .bytes($0.greatest) },
      6: bounds.map { .bytes($0.least) },
    ])
    return .fields([
      1: .int32(column.values.type.physical), 2: .list([.int32(plain), .int32(runLength)]),
      3: .list([.text(column.name)]), 4: .int32(codec), 5: .int64(Int64(column.values.count)),
      6: .int64(Int64(page.plainSize)), 7: .int64(Int64(page.bytes.count)), 9: .int64(offset), 12: statistics,
    ])
  }

  /// A page and its header.
  private struct Page {
    var bytes: [UInt8]
    /// With the header, and the values as they are before they are compressed.
    var plainSize: Int

    init(_ column: ParquetColumn) throws(ParquetError) {
      let plain = column.values.levels + column.values.encoded
      guard let limit = Int32(exactly: plain.count), let compressed = Gzip.compress(plain) else {
        throw ParquetError("column \(column.name) is too large for one part")
      }
      let header = Thrift.fields([
        1: .int32(0), 2: .int32(Int64(limit)), 3: .int32(Int64(compressed.count)),
        4: .int32(Int64(Int32(bitPattern: Gzip.checksum(compressed)))),
        5: .fields([
          1: .int32(Int64(column.values.count)), 2: .int32(ParquetWriter.plain), 3: .int32(ParquetWriter.runLength),
          4: .int32(ParquetWriter.runLength),
        ]),
      ]).encoded
      bytes = header + compressed
      plainSize = header.count + plain.count
    }
  }
}
