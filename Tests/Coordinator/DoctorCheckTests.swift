import Competition
import TestKit
import Testing

@testable import Bus
@testable import Coordinator
@testable import Diagnosis
@testable import Store

@Suite("What coordinator doctor looks at", .timeLimit(.minutes(5)))
struct DoctorCheckTests {
  @Test("a clock that is ahead, or behind, is found against both servers, and one that is right is not")
  func clock() async throws {
    try await TestDatabase.with { database in
      func findings(_ shift: Int) async throws -> [Finding] {
        await ClockCheck(store: database.store, redis: try TestRedis.configuration) {
          Timestamp.now().adding(seconds: shift)
        }.findings()
      }
      #expect(try await findings(0).map(\.severity) == [.ok, .ok])
      for (shift, direction) in [(120, "ahead of"), (-120, "behind")] {
        let found = try await findings(shift)
        #expect(found.map(\.severity) == [.problem, .problem])
        #expect(found.allSatisfy { $0.what.contains(direction) }, "\(found)")
      }
    }
  }

  @Test("a disk that is full, an old PostgreSQL without room, and a Redis that throws work away are found")
  func limits() {
    let disk = DiskCheck(folders: ["/a", "/b", "/none"]) { folder in
      folder == "/none" ? nil : (free: folder == "/a" ? 10 << 20 : 50 << 30, total: 100 << 30)
    }
    #expect(disk.findings().map(\.severity) == [.problem, .ok])
    let facts = ServerStore.Facts(
      versionNumber: 130_004, version: "13.4", databaseBytes: 0, connections: 98, maximumConnections: 100,
      isReadOnly: true, isDurable: false)
    let wrong = PostgresCheck.findings(facts, poolSize: 6).filter(\.isWrong).map(\.what)
    #expect(wrong.count == 3 && wrong[0].contains("13.4") && wrong[2].contains("room for 2"))
    let info = RedisCheck.values(
      "redis_version:6.2.1\r\nmaxmemory:100\r\nused_memory:95\r\nmaxmemory_policy:allkeys-lru\r\n")
    #expect(RedisCheck.findings(info: info).count(where: \.isWrong) == 3)
  }

  @Test(
    "an entry that waits, one that is in work for too long, and parked ones are found; a stream in good order is not")
  func ages() {
    let now = Timestamp(seconds: 1_771_000_000)
    func status(unread: Int?, pending: Int?, parked: Int = 0) -> BusStatus {
      let group = BusStatus.Group(
        name: "score", pending: 1, lag: 1, consumers: 1, oldestUnread: unread.map { now.adding(seconds: -$0) },
        oldestPending: pending.map { now.adding(seconds: -$0) })
      let stream = BusStatus.Stream(stream: .predictionsPending, length: 2, parked: parked, groups: [group])
      return BusStatus(streams: [stream], delayed: 0, overdue: 0, nextDue: nil, now: now)
    }
    func wrong(_ status: BusStatus) -> Int {
      StreamCheck.findings(status, leaseSeconds: 30).count(where: \.isWrong)
    }
    #expect(wrong(status(unread: 5, pending: 5)) == 0)
    #expect(wrong(status(unread: 61, pending: 5)) == 1)
    #expect(wrong(status(unread: 61, pending: 121)) == 2)
    #expect(wrong(status(unread: nil, pending: nil, parked: 1)) == 1)
  }
}
