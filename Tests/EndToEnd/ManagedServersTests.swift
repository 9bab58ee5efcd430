import Postgres
import Redis
import TestKit
import Testing

extension EndToEnd {
  @Suite("Servers that somebody else runs")
  struct ManagedServersTests {
    private static let tunnel = RunningNode.root + "/deploy/tunnel/start.sh"

    @Test("PostgreSQL with TLS by variables alone and Redis with TLS by the tunnel: every prediction is scored")
    func encrypted() async throws {
      try await PrivatePostgres.with { server, store in
        let authority = try await TestAuthority.make()
        try await TLSTunnel.with(authority, script: Self.tunnel) { tunnel in
          try await waitUntil("Redis answers through the tunnel") { await tunnel.answers() }
          let work = try await ScoreWorkload(store, tunnel.configuration)
          try await work.publish("ALL", tasks: 30)
          try await server.requireTLS(authority)
          try await waitUntil("PostgreSQL is back") {
            do { return try await store.now() > work.end } catch is PostgresError { return false }
          }
          let variables = [
            "DATABASE_URL": "", "POSTGRES_HOST": "localhost", "POSTGRES_PORT": String(server.port),
            "POSTGRES_USER": "coordinator", "POSTGRES_DB": "postgres", "POSTGRES_SSLMODE": "verify-full",
            "POSTGRES_SSLROOTCERT": authority.authority,
          ]
          try await ScoreFleet.with(databaseURL: "", redisURL: tunnel.url, variables: variables) { fleet in
            try await fleet.start(2)
            // Asked with TLS too, as the server answers nobody else.
            try await work.waitUntilScored("a while")
            let encrypted = try await store.pool.query(
              """
              SELECT count(*), count(*) FILTER (WHERE NOT ssl) FROM pg_stat_ssl JOIN pg_stat_activity a USING (pid)
              WHERE a.backend_type = 'client backend'
              """)[0]
            #expect(try encrypted.int(0) > 2 && encrypted.int(1) == 0)
            let plain = RedisConfiguration(address: .host("127.0.0.1", port: tunnel.serverPort))
            await #expect(throws: RedisError.self) {
              try await RedisConnection(plain, name: "test").send(RedisCommand("PING"))
            }
          }
        }
      }
    }

    @Test("the tunnel lets nobody through to a server that its authority does not vouch for")
    func stranger() async throws {
      let (authority, stranger) = (try await TestAuthority.make(), try await TestAuthority.make())
      try await TLSTunnel.with(authority, script: Self.tunnel, trusting: stranger.authority) { tunnel in
        try await waitUntil("the tunnel has refused the certificate") {
          let isAnswered = await tunnel.answers()
          #expect(!isAnswered)
          return tunnel.process.lines.contains { $0.contains("certificate verify failed") || $0.contains("CERT:") }
        }
      }
    }

    @Test("a whole node goes through pgbouncer in transaction mode, on a database with another time zone")
    func pooled() async throws {
      try await TestDatabase.with { database in
        try await database.store.pool.withConnection { connection in
          try await connection.script(
            """
            DO $$ BEGIN
              EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Asia/Kolkata');
            END $$
            """)
        }
        try await Pooler.with(of: database, sessions: 6) { pooler in
          try await RunningNode.with(variables: [
            "DATABASE_URL": pooler.url, "DATABASE_PREPARED_STATEMENTS": "false", "CHECKPOINT_INTERVAL_SECONDS": "5",
            "MODEL_RUNNER_NODE_PORT": String(try LoopbackPort.free()),
          ]) { node in
            let verified = try await node.coordinator("verify-e2e", "--url", node.reportURL, "--seconds", "150")
            #expect(verified.exitCode == 0, "\(verified.lines.joined(separator: "\n"))")
            let sessions = try await database.store.pool.query(
              "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            #expect(try sessions[0].int(0) <= 6 + 4, "those of the pooler, and of the test itself")
            let doctor = try await node.coordinator("doctor")
            #expect(doctor.exitCode == 0, "\(doctor.lines.joined(separator: "\n"))")
            let recomputed = try await node.coordinator("verify")
            #expect(recomputed.exitCode == 0, "\(recomputed.lines.joined(separator: "\n"))")
            #expect(try await node.interrupt().exitCode == 0)
            let findings = try await database.store.audit.violations(atRest: true)
            #expect(findings == [])
            #expect(try await database.store.predictions.countByStatus()[.scored] ?? 0 > 20)
          }
        }
      }
    }
  }
}
