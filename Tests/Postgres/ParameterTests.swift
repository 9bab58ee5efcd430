import Postgres
import TestKit
import Testing

@Suite("Typed parameters")
struct ParameterTests {
  @Test("every type of value comes back as it was sent")
  func roundTrip() async throws {
    try await TestDatabase.with(.nothing) { database in
      let moment: Int64 = 1_771_000_000_123_456
      let row = try await database.store.pool.query(
        "SELECT $1, $2, $3, $4, $5, $6",
        [
          .text("ünï'; DROP TABLE x; --"), .int(.min), .double(-0.1), .bool(true), .time(moment),
          .json(Array(#"{"b": [1, 2.50], "a": null}"#.utf8)),
        ])[0]
      #expect(try row.text(0) == "ünï'; DROP TABLE x; --")
      #expect(try row.int(1) == .min)
      #expect(try row.double(2) == -0.1)
      #expect(try row.bool(3))
      #expect(try row.time(4) == moment)
      #expect(try String(decoding: row.json(5), as: UTF8.self) == #"{"a": null, "b": [1, 2.50]}"#)
    }
  }

  @Test("a missing value is NULL, whatever its type")
  func nulls() async throws {
    try await TestDatabase.with(.nothing) { database in
      let row = try await database.store.pool.query(
        "SELECT $1, $2, $3, $4, $5, $6", [.text(nil), .int(nil), .double(nil), .bool(nil), .time(nil), .json(nil)])[0]
      #expect(row.textIfPresent(0) == nil)
      #expect(try row.intIfPresent(1) == nil)
      #expect(try row.doubleIfPresent(2) == nil)
      #expect(try row.boolIfPresent(3) == nil)
      #expect(try row.timeIfPresent(4) == nil)
      #expect(row.jsonIfPresent(5) == nil)
    }
  }

  @Test("lists unfold into rows in their order, with their gaps")
  func lists() async throws {
    try await TestDatabase.with(.nothing) { database in
      let rows = try await database.store.pool.query(
        "SELECT * FROM unnest($1::text[], $2::bigint[], $3::float8[], $4::boolean[], $5::timestamptz[], $6::jsonb[])",
        [
          .texts(["a", nil, ""]), .ints([1, 2, nil]), .doubles([nil, .infinity, 0.5]), .bools([true, false, nil]),
          .times([0, nil, -1]), .jsons([Array("{}".utf8), Array("[1]".utf8), nil]),
        ])
      #expect(rows.map { $0.textIfPresent(0) } == ["a", nil, ""])
      #expect(try rows.map { try $0.intIfPresent(1) } == [1, 2, nil])
      #expect(try rows.map { try $0.doubleIfPresent(2) } == [nil, .infinity, 0.5])
      #expect(try rows.map { try $0.boolIfPresent(3) } == [true, false, nil])
      #expect(try rows.map { try $0.timeIfPresent(4) } == [0, nil, -1])
      #expect(rows.map { $0.jsonIfPresent(5).map { String(decoding: $0, as: UTF8.self) } } == ["{}", "[1]", nil])
    }
  }

  @Test("an empty list is an empty array, and a list of texts is read back")
  func textLists() async throws {
    try await TestDatabase.with(.nothing) { database in
      let row = try await database.store.pool.query("SELECT $1, $2", [.texts([]), .texts(["x", "", "ü"])])[0]
      #expect(try row.texts(0) == [])
      #expect(try row.texts(1) == ["x", "", "ü"])
    }
  }

  @Test("numbers of other widths are read, other types are refused with the column's name")
  func decoding() async throws {
    try await TestDatabase.with(.nothing) { database in
      let row = try await database.store.pool.query("SELECT 7::int2, 8::int4, 1.5::float4, 'x'::text AS label")[0]
      #expect(try row.int(0) == 7)
      #expect(try row.int(1) == 8)
      #expect(try row.double(2) == 1.5)
      let error = #expect(throws: PostgresError.self) { try row.time(3) }
      #expect(error?.kind == .decoding)
      #expect(error?.message == "column label is not a time")
    }
  }
}
