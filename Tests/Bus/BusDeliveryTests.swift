import Bus
import Competition
import TestKit
import Testing

@Suite("A bus hands out what was published", .timeLimit(.minutes(2)))
struct BusDeliveryTests {
  @Test("messages come as they were published, in their order", arguments: BusKind.allCases)
  func order(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let tasks = (0..<250).map { ScoreTask.numbered($0) }
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.publish(tasks)
      var read: [ScoreTask] = []
      while read.count < tasks.count {
        read += try await reader.read(count: 100, wait: .zero).deliveries.map(\.message)
      }
      #expect(read == tasks)
    }
  }

  @Test("a feed record and the news of scores keep every field", arguments: BusKind.allCases)
  func fields(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let record = FeedRecord(
        key: FeedKey(source: "pyth", subject: "BTC", kind: .candle, granularity: "1m"),
        eventTime: Timestamp(microseconds: 1_700_000_000_000_001), ingestedTime: Timestamp(seconds: 1_700_000_061),
        values: ["open": 1.5, "close": .double(0.1), "note": "Ω \"quoted\"\n"], meta: ["closed": true])
      let news = ScoresReady(
        inputID: "INP_1", scopeKey: "a b", periodStart: Timestamp(seconds: 1_700_000_040), scored: 7)
      let records = try await harness.consumer(FeedRecordMessage.self, "a")
      let scores = try await harness.consumer(ScoresReady.self, "a")
      try await harness.bus.publish([FeedRecordMessage(record)])
      try await harness.bus.publish([news])
      #expect(try await records.read(count: 10, wait: .zero).deliveries.map(\.message.record) == [record])
      #expect(try await scores.read(count: 10, wait: .zero).deliveries.map(\.message) == [news])
    }
  }

  @Test("consumers of a group share the entries, each once", arguments: BusKind.allCases)
  func sharing(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let first = try await harness.consumer(ScoreTask.self, "first")
      let second = try await harness.consumer(ScoreTask.self, "second")
      try await harness.bus.publish((0..<20).map { ScoreTask.numbered($0) })
      let one = try await first.read(count: 10, wait: .zero).deliveries
      let two = try await second.read(count: 100, wait: .zero).deliveries
      #expect(one.count == 10)
      #expect(Set((one + two).map(\.message)).count == 20)
      #expect(one.count + two.count == 20)
    }
  }

  @Test("entries published before the group was there are not lost", arguments: BusKind.allCases)
  func fromTheBeginning(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      try await harness.bus.publish([ScoreTask.numbered(1)])
      let reader = try await harness.consumer(ScoreTask.self, "late")
      #expect(try await reader.read(count: 10, wait: .zero).deliveries.map(\.message) == [.numbered(1)])
    }
  }

  @Test("damaged entries are told and then taken out, the others are read", arguments: BusKind.allCases)
  func damage(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.append([("v", "1"), ("kind", "score.task"), ("input_id", "x")], .predictionsPending)
      try await harness.append([("nonsense", "")], .predictionsPending)
      try await harness.bus.publish([ScoreTask.numbered(1)])
      let batch = try await reader.read(count: 10, wait: .zero)
      #expect(batch.deliveries.map(\.message) == [.numbered(1)])
      #expect(batch.rejected.map(\.isCorrupt) == [true, true])
      #expect(try await harness.bus.entries(of: .predictionsPending, after: nil, limit: 10).count == 3)
      try await reader.discard(batch.rejected)
      #expect(try await harness.bus.entries(of: .predictionsPending, after: nil, limit: 10).count == 1)
      #expect(try await harness.bus.status().group(of: .predictionsPending)?.pending == 1)
      #expect(try await harness.bus.status().stream(.predictionsPending)?.parked == 0)
    }
  }

  @Test("an entry of a newer version or kind is parked, and holds up nothing", arguments: BusKind.allCases)
  func newerVersion(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.append([("v", "2"), ("kind", "score.task")], .predictionsPending)
      try await harness.append([("v", "1"), ("kind", "score.dance")], .predictionsPending)
      let batch = try await reader.read(count: 10, wait: .zero)
      #expect(batch.deliveries.isEmpty)
      #expect(batch.rejected.map(\.isCorrupt) == [false, false])
      try await reader.discard(batch.rejected)
      let stream = try await harness.bus.status().stream(.predictionsPending)
      #expect(stream?.parked == 2 && stream?.length == 0 && stream?.groups.first?.pending == 0)
      #expect(try await reader.unpark(limit: 10) == 0)
    }
  }

  @Test("a parked entry goes back to the stream for a worker that can read it", arguments: BusKind.allCases)
  func unparking(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      let task = ScoreTask.numbered(1)
      try await harness.append(task.entry, .predictionsPending)
      let delivery = try #require(try await reader.read(count: 10, wait: .zero).deliveries.first)
      // As an older worker would have seen it.
      let older = RejectedEntry(
        entry: BusEntry(id: delivery.id, fields: task.entry), error: .unknown("version"), deliveries: 1)
      try await reader.discard([older])
      #expect(try await reader.unpark(limit: 10) == 1)
      #expect(try await reader.read(count: 10, wait: .zero).deliveries.map(\.message) == [task])
      #expect(try await harness.bus.status().stream(.predictionsPending)?.parked == 0)
    }
  }
}
