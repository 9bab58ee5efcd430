import Bus
import Diagnosis
import Foundation
import Postgres
import ServiceKit
import Store
import TestKit
import Testing

@testable import ReportWorker

@Suite("The report worker under its own role of the database", .timeLimit(.minutes(3)))
struct OwnRoleTests {
  private static let roles = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Services/Coordinator/Database/roles.sql").standardizedFileURL

  @Test("answers every route and every page with just the rights that deployments give it")
  func reading() async throws {
    try await PrivatePostgres.with { server, owner in
      try await owner.server.grant(String(contentsOf: Self.roles, encoding: .utf8), passwords: [:])
      let worker = Store(
        try #require(PostgresConfiguration(url: "postgres://report-worker@127.0.0.1:\(server.port)/postgres")))
      let bus = RedisBus(try TestRedis.configuration, keyPrefix: TestRedis.prefix(), clientName: "test")
      let access = AccessPolicy(
        keys: KeyRing(), readsNeedKey: false, publicPrefixes: AccessTests.publicPrefixes,
        adminPrefixes: AccessTests.adminPrefixes)
      try await ReportBench.over(
        owner, by: worker.pool, configuration: ReportServer.Configuration(port: 0, access: access),
        pipeline: { await PipelineLook.take(bus: bus, store: worker) },
        inquire: { id in
          var reader = SettingsReader(environment: [:])
          return await Inquiry(store: worker, bus: bus, settings: ExplainSettings(&reader)).stories(of: id)
        }
      ) { bench in
        try await OddRows.fill(bench)
        var found = 0
        for path in Self.paths(bench) {
          let reply = try await bench.get(path)
          #expect((200..<500).contains(reply.status), "\(path): \(reply.status)")
          // Pages tell what they could not look at.
          #expect(!reply.text.contains("permission denied"), "\(path)")
          found += reply.status == 200 ? 1 : 0
        }
        #expect(found > 50)
        #expect(await PipelineLook.take(bus: bus, store: worker).problems == [])
      }
      // The role is not the owner, or all of this would say nothing.
      await #expect(throws: (any Error).self) { try await worker.pool.query("DELETE FROM feed_records") }
      await worker.pool.close()
    }
  }

  /// All but the events, which never end.
  private static func paths(_ bench: ReportBench) -> [String] {
    let routes = DocumentTests.table(bench).routes.filter {
      $0.method == .get && $0.operation.answer.contentType != "text/event-stream"
    }
    return routes.flatMap(OddRows.paths) + DashboardTests.paths
      + ["p1", "signal", "INP", "odd", "odd1", "edge", "good", "1", "2", "r1", "a", "s1"].map { "/explain?id=\($0)" }
  }
}
