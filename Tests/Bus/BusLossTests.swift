import Bus
import Competition
import TestKit
import Testing

@Suite("A bus tells what is lost", .timeLimit(.minutes(2)))
struct BusLossTests {
  @Test("missing is what neither waits nor lies unfinished in the stream", arguments: BusKind.allCases)
  func missing(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let (waiting, unread, inWork, finished, gone) = (
        ScoreTask.numbered(1), ScoreTask.numbered(2), ScoreTask.numbered(3), ScoreTask.numbered(4),
        ScoreTask.numbered(5)
      )
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.schedule([DelayedTask(waiting, at: Timestamp(seconds: 2_000_000_000))])
      try await harness.bus.publish([finished, inWork])
      let read = try await reader.read(count: 10, wait: .zero).deliveries
      try await reader.acknowledge([read[0].id])
      try await harness.bus.publish([unread])
      let all = [waiting, unread, inWork, finished, gone]
      #expect(Set(try await harness.bus.missing(all) ?? []) == [finished, gone])
    }
  }

  @Test("what was finished behind an entry that is still in work counts as missing", arguments: BusKind.allCases)
  func missingBehindWork(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.publish([ScoreTask.numbered(1), .numbered(2), .numbered(3)])
      let read = try await reader.read(count: 10, wait: .zero).deliveries
      try await reader.acknowledge([read[1].id])
      #expect(try await harness.bus.missing([.numbered(1), .numbered(2), .numbered(3)]) == [.numbered(2)])
      try await harness.delete([read[2].id], .predictionsPending)
      #expect(try await harness.bus.missing([.numbered(1), .numbered(3)]) == [.numbered(3)])
    }
  }

  @Test("with very much unfinished nothing is looked through", arguments: BusKind.allCases)
  func muchUnfinished(kind: BusKind) async throws {
    try await BusHarness.with(kind, limits: BusLimits(scan: 5_000)) { harness in
      _ = try await harness.consumer(ScoreTask.self, "a")
      try await harness.bus.publish((0..<7_000).map { ScoreTask.numbered($0) })
      #expect(try await harness.bus.missing([.numbered(9_999)]) == nil)
    }
  }

  @Test("a loss is told once, and reading goes on after it", arguments: BusKind.allCases)
  func loss(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      #expect(try await harness.bus.checkForLoss(), "an empty bus was never there")
      #expect(try await harness.bus.checkForLoss() == false)
      let reader = try await harness.consumer(ScoreTask.self, "a")
      try await harness.flush()
      #expect(try await harness.bus.checkForLoss())
      #expect(try await harness.bus.missing([.numbered(1)]) == [.numbered(1)])
      try await harness.bus.publish([ScoreTask.numbered(1)])
      try await waitUntil("the entry comes") {
        try await reader.read(count: 10, wait: .zero).deliveries.map(\.message) == [.numbered(1)]
      }
    }
  }

  @Test("entries that were removed while in work are told and pending no more", arguments: BusKind.allCases)
  func removedInWork(kind: BusKind) async throws {
    try await BusHarness.with(kind) { harness in
      let worker = try await harness.consumer(ScoreTask.self, "worker")
      try await harness.bus.publish([ScoreTask.numbered(1), .numbered(2)])
      let ids = try await worker.read(count: 2, wait: .zero).deliveries.map(\.id)
      try await harness.delete([ids[0]], .predictionsPending)
      #expect(try await harness.bus.status().group(of: .predictionsPending)?.pending == 2, "Redis does not notice")
      let heir = try await harness.bus.consumer(
        of: ScoreTask.self, name: "heir", settings: ConsumerSettings(lease: .zero))
      let batch = try await heir.reclaim(count: 10)
      #expect(batch.lost == 1)
      #expect(batch.deliveries.map(\.message) == [.numbered(2)])
      #expect(try await harness.bus.status().group(of: .predictionsPending)?.pending == 1)
    }
  }
}
