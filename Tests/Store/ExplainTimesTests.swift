import Competition
import TestKit
import Testing

@testable import Store

@Suite("Times of what is explained", .timeLimit(.minutes(1)))
struct ExplainTimesTests {
  @Test("lie in the calendar, whatever other tools stored, so that ages can be told of them")
  func beyondCalendar() async throws {
    try await TestDatabase.with { database in
      try await database.store.pool.withConnection { connection in
        try await connection.script(
          """
          INSERT INTO models (id, name, created_at) VALUES ('odd', 'Odd', '-infinity');
          INSERT INTO feed_records (id, source, subject, kind, granularity, ts_event)
            VALUES ('late', 's', 'BTC', 'candle', '1m', 'infinity');
          INSERT INTO feed_ingestion_state (id, source, subject, kind, granularity, last_event_ts)
            VALUES ('mark', 's', 'BTC', 'candle', '1m', '-infinity');
          """)
      }
      let explanations = database.store.explanations
      let (first, last) = (Timestamp.calendar.lowerBound, Timestamp.calendar.upperBound)
      #expect(try await explanations.model(id: "odd")?.model.createdAt == first)
      #expect(try await explanations.record(id: "late")?.eventTime == last)
      #expect(try await explanations.feed(watermark: "mark")?.watermark == first)
    }
  }
}
