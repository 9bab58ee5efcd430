import Bus
import Competition
import Diagnosis
import Logging
import Postgres
import Redis
import ServiceKit
import Store
import TestKit
import Testing

@testable import ReportWorker

@Suite("What anybody hears of a server that is away", .timeLimit(.minutes(2)))
struct DiscretionTests {
  private let discretion = Discretion(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })

  @Test("is which one it was, and nothing of what it said")
  func notice() {
    let error = StoreError(kind: .statement, message: "permission denied for table models, user report_worker")
    #expect(discretion.told(error) == "PostgreSQL did not answer")
    #expect(discretion.told(error) == "PostgreSQL did not answer")
    #expect(discretion.told(CancellationError()) == "it could not be looked at")
  }

  @Test("is the same of the streams and of the story of an id, while both servers are away")
  func both() async throws {
    let (redisPort, postgresPort) = (try LoopbackPort.free(), try LoopbackPort.free())
    let bus = RedisBus(RedisConfiguration(address: .host("127.0.0.1", port: redisPort)), clientName: "test")
    let store = Store(
      try #require(PostgresConfiguration(url: "postgresql://secret-user@127.0.0.1:\(postgresPort)/secret-name")),
      connections: 1)
    let look = await PipelineLook.take(bus: bus, store: store, telling: discretion.told)
    #expect(look.problems == ["Redis did not answer", "PostgreSQL did not answer"])
    var reader = SettingsReader(environment: [:])
    let inquiry = Inquiry(store: store, bus: bus, settings: ExplainSettings(&reader), telling: discretion.told)
    #expect(await inquiry.stories(of: "PRE_1").problems == ["PostgreSQL did not answer", "Redis did not answer"])
  }
}
