import Competition
import Postgres
import Synchronization
import TestKit
import Testing

@testable import Store

@Suite("Rolling scores by hours", .timeLimit(.minutes(3)))
struct ScoreHoursTests {
  private static let now = Timestamp(seconds: 1_770_984_000)
  private static let day = 86_400

  /// Three days of two models and an ensemble with two scope keys, a prediction every ten minutes; some failed, some of
  /// other tools with odd values, those of the last hour without a score.
  private static let history = """
    INSERT INTO models (id, name) VALUES ('a', 'A'), ('b', 'B'), ('__ensemble_main__', 'main');
    INSERT INTO inputs (id) SELECT 'I' || i FROM generate_series(1, 432) i;
    INSERT INTO predictions (id, input_id, model_id, scope_key, scope_jsonb, status, performed_at)
      SELECT m || s || i, 'I' || i, m, s, jsonb_build_object('subject', s), CASE WHEN i <= 6 THEN 'PENDING' ELSE 'SCORED' END,
        to_timestamp(1770984000) - i * interval '10 minutes' + interval '3 minutes'
      FROM generate_series(1, 432) i, unnest(ARRAY['a', 'b', '__ensemble_main__']) m, unnest(ARRAY['s1', 's2']) s;
    INSERT INTO scores (id, prediction_id, result_jsonb, success)
      SELECT 'S' || id, id,
        CASE WHEN hashtext(id) % 5 = 0 THEN '{"value": "0.25"}' WHEN hashtext(id) % 7 = 0 THEN '{"value": true}'
          WHEN hashtext(id) % 11 = 0 THEN '{"value": "nan"}' WHEN hashtext(id) % 13 = 0 THEN '{}'
          ELSE jsonb_build_object('value', hashtext(id) / 1e9) END, hashtext(id) % 17 <> 0
      FROM predictions WHERE status = 'SCORED';
    """

  private static let cutOffs = [5, 24, 49].map { now.adding(seconds: -$0 * 3_600 - 123) }

  private static let questions: [(ReportModels, byScope: Bool)] = [
    (.all, false), (.all, true), (.only(["a", "b", "__ensemble_main__"]), false), (.only(["b", "nobody"]), true),
    (.only(["nobody"]), false),
  ]

  private static func agree(
    _ hours: ScoreHours, _ store: ReportStore, _ range: ReportRange, _ cutOffs: [Timestamp], _ what: Comment
  ) async throws {
    for (models, byScope) in questions {
      for ensembles in [false, true] {
        let fast = try await hours.windows(
          range, models, cutOffs: cutOffs, byScope: byScope, includesEnsembles: ensembles, now: now)
        let plain = try await store.windows(
          range, models, cutOffs: cutOffs, byScope: byScope, includesEnsembles: ensembles)
        #expect(fast.map(\.modelID) == plain.map(\.modelID), what)
        #expect(fast.map(\.scope) == plain.map(\.scope) && fast.map(\.count) == plain.map(\.count), what)
        #expect(fast.map(\.earliest) == plain.map(\.earliest) && fast.map(\.newest) == plain.map(\.newest), what)
        for (one, other) in zip(fast.flatMap(\.means), plain.flatMap(\.means)) {
          #expect(abs(one - other) <= 1e-12 * max(1, abs(other)), what)
        }
      }
    }
  }

  @Test("are those of all predictions, whatever range and windows are asked for, the first time and later")
  func equal() async throws {
    try await TestDatabase.with { database in
      let store = database.store.report
      try await database.store.pool.withConnection { try await $0.script(Self.history) }
      let hours = ScoreHours(store: store, few: 10)
      let ranges = [
        ReportRange(start: Self.now.adding(seconds: -3 * Self.day - 777), end: Self.now),
        ReportRange(start: Self.now.adding(seconds: -2 * Self.day), end: Self.now.adding(seconds: -Self.day - 1)),
        ReportRange(start: Self.now.adding(seconds: -1_000), end: Self.now),
        ReportRange(start: Self.now.adding(seconds: -7_200), end: Self.now.adding(seconds: -3_600)),
        // From the year 1 to the year 9999: as long as there are predictions, not as long as it is.
        ReportRange(start: Timestamp(seconds: -62_135_596_800), end: Timestamp(seconds: 253_402_300_799)),
      ]
      #expect(
        try await store.windows(ranges[0], .all, cutOffs: Self.cutOffs, byScope: true, includesEnsembles: true).count
          == 6)
      for turn in 1...2 {
        for range in ranges {
          try await Self.agree(hours, store, range, Self.cutOffs, "turn \(turn)")
          try await Self.agree(hours, store, range, [Self.now.adding(seconds: -3_600)], "turn \(turn), a whole hour")
          try await Self.agree(hours, store, range, [], "turn \(turn), no window")
        }
      }
    }
  }

  @Test("show a score that comes late at once, since an hour with open predictions is not kept, and others are")
  func lateScores() async throws {
    try await TestDatabase.with { database in
      let store = database.store.report
      try await database.store.pool.withConnection { try await $0.script(Self.history) }
      try await database.store.pool.query(
        "UPDATE predictions SET status = 'PENDING' WHERE id = 'as1100'")
      try await database.store.pool.query("DELETE FROM scores WHERE prediction_id = 'as1100'")
      let hours = ScoreHours(store: store, few: 10)
      let range = ReportRange(start: Self.now.adding(seconds: -3 * Self.day), end: Self.now)
      try await Self.agree(hours, store, range, Self.cutOffs, "before")
      try await database.store.pool.query("UPDATE predictions SET status = 'SCORED' WHERE id = 'as1100'")
      try await database.store.pool.query(
        #"INSERT INTO scores (id, prediction_id, result_jsonb) VALUES ('late', 'as1100', '{"value": 77}')"#)
      try await Self.agree(hours, store, range, Self.cutOffs, "after")
      // What has ended is not read again each time: this would be seen otherwise.
      try await database.store.pool.query(
        "UPDATE scores SET result_jsonb = '{\"value\": 9}' WHERE prediction_id = 'as1200'")
      let kept = try await hours.windows(
        range, .all, cutOffs: [], byScope: false, includesEnsembles: false, now: Self.now)
      let read = try await ScoreHours(store: store, few: 10).windows(
        range, .all, cutOffs: [range.start], byScope: false, includesEnsembles: false, now: Self.now)
      let again = try await hours.windows(
        range, .all, cutOffs: [range.start], byScope: false, includesEnsembles: false, now: Self.now)
      #expect(kept.count == 2 && read[0].means != again[0].means)
    }
  }

  @Test(
    "read the hours of chosen models once as well: a page that names all of them costs no more than one that names none"
  )
  func chosenModels() async throws {
    try await TestDatabase.with { database in
      let store = database.store.report
      try await database.store.pool.withConnection { try await $0.script(Self.history) }
      let spans = ReadSpans()
      let hours = ScoreHours(store: store, few: 10) { try await spans.read($0, store) }
      let range = ReportRange(start: Self.now.adding(seconds: -3 * Self.day), end: Self.now)
      for models in [ReportModels.all, .only(["a", "b"]), .only(["b"])] {
        let rows = try await hours.windows(
          range, models, cutOffs: [], byScope: false, includesEnsembles: false, now: Self.now)
        #expect(rows.map(\.modelID) == (models == .only(["b"]) ? ["b"] : ["a", "b"]))
      }
      #expect(spans.known.count < 6)
    }
  }

  @Test("cost what lies in a range, however long it is: two predictions of 1900 are one statement more")
  func emptyCenturies() async throws {
    try await TestDatabase.with { database in
      let store = database.store.report
      try await database.store.pool.withConnection { try await $0.script(Self.history) }
      try await database.store.pool.query(
        """
        INSERT INTO predictions (id, input_id, model_id, scope_key, status, performed_at)
        VALUES ('old', 'I1', 'a', 's3', 'SCORED', '1900-01-01T12:30:00Z'),
          ('older', 'I1', 'a', 's4', 'SCORED', '1900-01-01T09:30:00Z')
        """)
      let spans = ReadSpans()
      let hours = ScoreHours(store: store, few: 10) { try await spans.read($0, store) }
      let ever = ReportRange(
        start: Timestamp(seconds: -62_135_596_800), end: Timestamp(seconds: 253_402_300_799))
      try await Self.agree(hours, store, ever, Self.cutOffs, "ever")
      #expect(spans.known.contains { $0.upperBound < 0 })
      #expect(spans.known.count < 60)
    }
  }

  /// Which spans of hours were read.
  private final class ReadSpans: Sendable {
    private let spans = Mutex<[ClosedRange<Int64>]>([])
    var known: [ClosedRange<Int64>] { spans.withLock { $0 } }

    func read(_ span: ClosedRange<Int64>, _ store: ReportStore) async throws -> [ScoreHourSum] {
      spans.withLock { $0.append(span) }
      return try await store.hourSums(span)
    }
  }

  @Test("an hour that a window begins in is read as it is, and so are the ends of the range")
  func plan() {
    let start = Timestamp(seconds: 3_600 * 100)
    let plan = HourPlan(
      range: ReportRange(start: start.adding(seconds: 60), end: start.adding(seconds: 3_600 * 10 + 5)),
      cutOffs: [start.adding(seconds: 3_600 * 4 + 1), start.adding(seconds: 3_600 * 6)],
      now: start.adding(seconds: 3_600 * 20))
    #expect(plan.hours == 101...109)
    #expect(plan.band(of: 103) == 0 && plan.band(of: 104) == nil && plan.band(of: 105) == 1 && plan.band(of: 106) == 2)
    #expect(plan.edges.count == 3)
    #expect(HourPlan.span(from: 4, through: 9) { [1, 2, 4, 5, 6].contains($0) } == 4...6)
    #expect(HourPlan.span(from: 4, through: 5) { _ in true } == 4...5)
    #expect(HourPlan.span(from: 4, through: 900) { _ in true }.count == 24)
    let short = ReportRange(start: start, end: start.adding(seconds: 100))
    #expect(HourPlan(range: short, cutOffs: [], now: start.adding(seconds: 100)).edges == [short])
  }
}
