import Competition
import Foundation
import TestKit
import Testing

@testable import Parquet

@Suite("Parquet files", .timeLimit(.minutes(3)))
struct ParquetTests {
  private static let noon = Timestamp(microseconds: 1_770_000_000_123_456)

  /// All types; values missing here and there, nowhere and everywhere.
  private static let table = ParquetTable([
    ParquetColumn("ts", .times([noon, nil, Timestamp(microseconds: -1)])),
    ParquetColumn("name", .texts(["a \"quoted\" näme 日本", "", nil])),
    ParquetColumn("count", .integers([.max, .min, 0])),
    ParquetColumn("close", .doubles([0.1, nil, -1.5e300])),
    ParquetColumn("none", .doubles([nil, nil, nil])),
  ])
  private static let rows = [
    #"[1770000000123456, "a \"quoted\" näme 日本", 9223372036854775807, 0.1, null]"#,
    #"[null, "", -9223372036854775808, null, null]"#, #"[-1, null, 0, -1.5e+300, null]"#,
  ]

  private static func with(
    _ bytes: [UInt8] = [], _ body: (String) async throws -> Void
  ) async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).parquet")
    try Data(bytes).write(to: file)
    defer {
      do { try FileManager.default.removeItem(at: file) } catch { Issue.record(error) }
    }
    try await body(file.path)
  }

  @Test("other readers find the same types and values", arguments: ParquetPeer.names)
  func readers(name: String) async throws {
    try await Self.with(try ParquetWriter.file(Self.table)) { path in
      let lines = try await ParquetPeer.lines(name, path)
      let types = [
        "pyarrow": #"["timestamp[us, tz=UTC]", "string", "int64", "double", "double"]"#,
        "pandas": #"["datetime64[us, UTC]", "object", "int64", "float64", "float64"]"#,
        "duckdb": #"["TIMESTAMP WITH TIME ZONE", "VARCHAR", "BIGINT", "DOUBLE", "DOUBLE"]"#,
        "polars": #"["Datetime(time_unit='us', time_zone='UTC')", "String", "Int64", "Float64", "Float64"]"#,
      ]
      #expect(lines.first == types[name])
      #expect(Array(lines.dropFirst()) == Self.rows)
    }
  }

  /// Many rows in parts, with and without missing values, so that runs and bits are both used.
  private static func parts(_ sizes: [Int]) -> [ParquetTable] {
    var first = 0
    return sizes.map { size in
      let rows = first..<first + size
      first += size
      return ParquetTable([
        ParquetColumn("ts", .times(rows.map { Timestamp(seconds: Int64($0)) })),
        ParquetColumn("odd", .integers(rows.map { $0.isMultiple(of: 2) ? nil : Int64($0) })),
        ParquetColumn("text", .texts(rows.map { $0.isMultiple(of: 7) ? nil : "row \($0)" })),
      ])
    }
  }

  private static func file(_ parts: [ParquetTable]) throws -> [UInt8] {
    var writer = ParquetWriter()
    return try parts.reduce(into: []) { $0 += try writer.append($1) } + writer.finish()
  }

  @Test("a file in parts is read whole and part by part")
  func inParts() async throws {
    let parts = Self.parts([1, 8, 9, 0, 70_000])
    let bytes = try Self.file(parts)
    let reader = try ParquetReader(bytes)
    #expect(reader.rowCount == 70_018 && reader.groupCount == 4)
    let filled = parts.filter { $0.rowCount > 0 }
    for (index, part) in filled.enumerated() { #expect(try reader.group(index) == part) }
    #expect(try reader.table() == Self.parts([70_018])[0])
    try await Self.with(bytes) { path in
      for name in ["pyarrow", "duckdb", "polars"] {
        let lines = try await ParquetPeer.lines(name, path, rows: [7, 8, 70_017, -70_018])
        let told = [
          "[7000000, 7, null]", #"[8000000, null, "row 8"]"#, #"[70017000000, 70017, "row 70017"]"#, "[0, null, null]",
        ]
        #expect(Array(lines.dropFirst()) == told, "\(name)")
      }
    }
  }

  @Test("a search skips the parts that cannot hold what is looked for")
  func statistics() async throws {
    try await Self.with(try Self.file(Self.parts([10, 10]))) { path in
      let lines = try await ParquetPeer.python(
        """
        import sys, pyarrow.parquet, pyarrow.dataset
        group = pyarrow.parquet.ParquetFile(sys.argv[1]).metadata.row_group(1)
        for column in range(3):
            told = group.column(column).statistics
            print(told.min, told.max, told.null_count)
        fragment = next(pyarrow.dataset.dataset(sys.argv[1]).get_fragments())
        late = pyarrow.dataset.field("ts") > pyarrow.scalar(9_500_000, pyarrow.timestamp("us", tz="UTC"))
        print([group.id for group in fragment.subset(late).row_groups])
        """, [path])
      #expect(
        lines == [
          "1970-01-01 00:00:10+00:00 1970-01-01 00:00:19+00:00 0", "11 19 5", "row 10 row 19 1", "[1]",
        ])
    }
  }

  @Test("nothing at all is a file too")
  func empty() async throws {
    let table = Self.parts([0])[0]
    let bytes = try ParquetWriter.file(table)
    #expect(try ParquetReader(bytes).table() == table)
    try await Self.with(bytes) { path in
      let lines = try await ParquetPeer.lines("pyarrow", path)
      #expect(lines == [#"["timestamp[us, tz=UTC]", "int64", "string"]"#])
    }
  }

  @Test("what others write is read", arguments: ["snappy", "none", "gzip", "plain", "duckdb"])
  func writers(style: String) async throws {
    try await Self.with { path in
      _ = try await ParquetPeer.python(
        """
        import sys, pyarrow, pyarrow.parquet
        style, path = sys.argv[1:]
        rows = range(5000)
        frame = pyarrow.table({
            "ts": pyarrow.array([1_000_000 * n for n in rows], pyarrow.timestamp("us", tz="UTC")),
            "odd": pyarrow.array([n if n % 2 else None for n in rows], pyarrow.int64()),
            "text": pyarrow.array([None if n % 7 == 0 else f"row {n}" for n in rows]),
            "twice": pyarrow.array([("candle", "a rather long text that comes again") [n % 2] for n in rows]),
            "real": pyarrow.array([n / 8 for n in rows]),
        })
        if style == "duckdb":
            import duckdb
            duckdb.connect().execute(f"COPY (SELECT * FROM frame) TO '{path}' (FORMAT parquet)")
        elif style == "plain":
            pyarrow.parquet.write_table(frame, path, use_dictionary=False, row_group_size=1000, data_page_size=500)
        else:
            pyarrow.parquet.write_table(frame, path, compression=style)
        """, [style, path])
      var wanted = Self.parts([5_000])[0]
      wanted.columns += [
        ParquetColumn(
          "twice", .texts((0..<5_000).map { $0 % 2 == 0 ? "candle" : "a rather long text that comes again" })),
        ParquetColumn("real", .doubles((0..<5_000).map { Double($0) / 8 })),
      ]
      #expect(try ParquetReader(Array(Data(contentsOf: URL(fileURLWithPath: path)))).table() == wanted)
    }
  }

  @Test("what is not read is named")
  func refusals() async throws {
    func reason(_ body: () throws -> Void) -> String? {
      do { try body() } catch { return (error as? ParquetError)?.reason }
      return nil
    }
    let noFile = reason { _ = try ParquetReader(Array("no".utf8)) }
    #expect(noFile == "this is no Parquet file, or not all of it")
    let ragged = ParquetTable([ParquetColumn("a", .integers([1])), ParquetColumn("b", .integers([]))])
    let differing = reason { _ = try ParquetWriter.file(ragged) }
    #expect(differing == "the columns differ in length")
    var writer = ParquetWriter()
    _ = try writer.append(ParquetTable([ParquetColumn("a", .integers([1]))]))
    let other = ParquetTable([ParquetColumn("a", .doubles([1]))])
    let foreign = reason { _ = try writer.append(other) }
    #expect(foreign == "the columns are not those of the first part")
    for (compression, type, said) in [
      ("zstd", "int64", "column a is compressed in a way that is not read: gzip and Snappy are"),
      ("none", "int32", "column a has a type that is not read: texts, 64-bit integers, doubles and times are"),
    ] {
      try await Self.with { path in
        _ = try await ParquetPeer.python(
          """
          import sys, pyarrow, pyarrow.parquet
          table = pyarrow.table({"a": pyarrow.array([1], sys.argv[2])})
          pyarrow.parquet.write_table(table, sys.argv[3], compression=sys.argv[1])
          """, [compression, type, path])
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let refusal = reason { _ = try ParquetReader(bytes).table() }
        #expect(refusal == said)
      }
    }
  }

  @Test("a damaged file is refused or read, and nothing beyond its end")
  func damage() throws {
    let bytes = try ParquetWriter.file(Self.table)
    for end in 0..<bytes.count {
      #expect(throws: ParquetError.self) { try ParquetReader(Array(bytes[..<end])).table() }
    }
    for place in bytes.indices {
      for byte in stride(from: UInt8(0), to: 255, by: 15) {
        var damaged = bytes
        damaged[place] = byte
        do { _ = try ParquetReader(damaged).table() } catch is ParquetError {}
      }
    }
  }
}
