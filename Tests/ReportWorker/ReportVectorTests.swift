import Competition
import Store
import TestKit
import Testing
import VectorKit

@testable import ReportWorker

@Suite("The report API against the originals")
struct ReportVectorTests {
  /// Columns are those of both versions, charts those of 0.1.101, which has all of 0.1.1's and more. The default of 0.1.101
  /// has metrics; ours has none until a contract names some.
  @Test("columns and charts follow from the contract", arguments: ["v011", "v101"])
  func schema(version: String) throws {
    var compared = 0
    for item in try Vectors("\(version)_report_schema").cases {
      let config = item.input["config"]
      let isDefault = version == "v101" && config?.object == nil
      var contract = CrunchContract.default
      contract.metrics =
        isDefault
        ? ["ic", "ic_sharpe", "hit_rate", "max_drawdown", "model_correlation"]
        : config?["metrics"]?.array?.compactMap(\.string) ?? []
      contract.ensembles = config?["ensembles"]?.array?.compactMap(\.string).map { Ensemble(name: $0) } ?? []
      if let windows = config?["windows_hours"]?.object {
        contract.aggregation.windows = windows.map { member in
          .init(name: member.key, hours: Int(member.value.int ?? 0))
        }
      }
      let columns = try #require(item.expected?["leaderboard_columns"])
      let widgets = try #require(item.expected?["metrics_widgets"])
      #expect(agree(ReportSchema.columns(contract), columns), "\(item.id)")
      if version == "v101" { #expect(agree(ReportSchema.widgets(contract), widgets), "\(item.id)") }
      compared += 1
    }
    #expect(compared > 0)
  }

  @Test("numbers among the fields of a score are columns behind the metrics, each at its place among the fields")
  func scoreFields() {
    var contract = CrunchContract.default
    contract.metrics = ["net_pnl"]
    contract.shapes.score = [
      .init(name: "value", type: .float, defaultValue: nil), .init(name: "net_pnl", type: .float, defaultValue: nil),
      .init(name: "trade_count", type: .int, defaultValue: nil), .init(name: "note", type: .string, defaultValue: nil),
    ]
    let columns = ReportSchema.columns(contract).array ?? []
    #expect(columns.compactMap { $0["property"]?.string }.suffix(2) == ["net_pnl", "trade_count"])
    #expect(
      columns.last == [
        "id": 6, "type": "VALUE", "property": "trade_count", "format": "decimal-4", "displayName": "Trade Count",
        "tooltip": nil, "nativeConfiguration": nil, "order": 220,
      ])
  }

  @Test("the routes answer the schema, its parts, who this is and that it lives")
  func overHTTP() async throws {
    try await ReportBench.with { bench in
      let schema = try await bench.get("/reports/schema").json
      #expect(schema["schema_version"] == "1")
      #expect(schema["leaderboard_columns"] == ReportSchema.columns(.default))
      #expect(try await bench.get("/reports/schema/leaderboard-columns").json == schema["leaderboard_columns"])
      #expect(try await bench.get("/reports/schema/metrics-widgets").json == schema["metrics_widgets"])
      #expect(
        try await bench.get("/info").json == [
          "crunch_id": "the-crunch", "crunch_address": "its-key", "network": "testnet",
        ])
      #expect(try await bench.get("/healthz").json["status"] == "ok")
    }
  }

  @Test("the means of windows are those of the original", arguments: ["v011", "v101"])
  func windows(version: String) async throws {
    let cases = try Vectors("\(version)_window_metrics").cases
    #expect(cases.count > 0)
    try await TestDatabase.with { database in
      let store = database.store
      try await store.pool.query("INSERT INTO inputs (id) VALUES ('INP')")
      for item in cases {
        let now = try #require(item.input["now"]?.string.flatMap { Timestamp(iso8601: $0) })
        let windows = try #require(item.input["windows_hours"]?.object)
        let scores = item.input["scores"]?.array ?? []
        try await store.pool.query("INSERT INTO models (id, name) VALUES ($1, 'm')", [.text(item.id)])
        for (index, score) in scores.enumerated() {
          let time = try #require(score.array?.first?.string.flatMap { Timestamp(iso8601: $0) })
          let value = try #require(score.array?.last)
          let id = "\(item.id)-\(index)"
          try await store.pool.query(
            """
            INSERT INTO predictions (id, input_id, model_id, scope_key, performed_at) VALUES ($1, 'INP', $2, $1, $3)
            """, [.text(id), .text(item.id), .time(time.microseconds)])
          try await store.pool.query(
            "INSERT INTO scores (id, prediction_id, result_jsonb) VALUES ($1, $1, $2)",
            [.text(id), .json(try JSON.object(["value": value]).encoded())])
        }
        let hours = windows.map { Int($0.value.int ?? 0) }
        let range = ReportRange(start: now.adding(seconds: -400 * 86_400), end: now.adding(seconds: 400 * 86_400))
        let rows = try await store.report.windows(
          range, .only([item.id]), cutOffs: hours.map { now.adding(seconds: -$0 * 3_600) }, byScope: false,
          includesEnsembles: false)
        let means = rows.first?.means ?? hours.map { _ in 0 }
        let actual = JSON.object(JSONObject(zip(windows, means).map { ($0.key, JSON(finite: $1)) }))
        let expected = try #require(item.expected)
        #expect(agree(actual, expected), "\(item.id): \(actual.text)")
      }
    }
  }

  /// Where the original answers a number that is not finite, which is no JSON, the answer is null.
  @Test("metrics are flattened under the names of both versions")
  func flattened() throws {
    let old = try Vectors("v011_flatten_metrics").cases
    let new = try Vectors("v101_flatten_metrics").cases
    #expect(old.count == new.count && !old.isEmpty)
    for (old, new) in zip(old, new) {
      var text = JSONText()
      let metrics = old.input["metrics"]?.object ?? [:]
      text.object { $0.flattened(metrics.map { ($0.key, $0.value.floatValue) }, taken: []) }
      let row = try JSON(parsing: text.bytes)
      for expected in [old.expected, new.expected] {
        for member in expected?.object ?? [:] {
          let value = member.value.number?.isFinite == false ? .null : member.value
          #expect(agree(row[member.key] ?? "missing", value), "\(old.id): \(member.key)")
        }
      }
    }
  }

  @Test("ids of models are read from a query as in the original", arguments: ["v011", "v101"])
  func projectIDs(version: String) throws {
    let cases = try Vectors("\(version)_normalize_project_ids").cases
    #expect(cases.count > 0)
    for item in cases {
      let raw = item.input["raw_ids"]?.array?.compactMap(\.string) ?? []
      let ids = QueryGrammar.projectIDs(raw).map { JSON.string($0) }
      #expect(.array(ids) == item.expected, "\(item.id)")
    }
  }
}
