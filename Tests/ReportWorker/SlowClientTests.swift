import NIOCore
import Testing

@testable import ReportWorker

@Suite("Clients that take too long", .serialized, .timeLimit(.minutes(2)))
struct SlowClientTests {
  private static let patience = RequestDeadline.Patience(
    request: .seconds(1), rest: .seconds(1), answer: .seconds(1))

  /// Sends a piece every 20 ms until the other end closes.
  private static func trickle(_ connection: RawConnection, _ piece: (Int) -> String) async -> Int {
    for turn in 0..<1_000 {
      let isTaken = connection.send(piece(turn))
      let isClosed = (await connection.receive(waitingMilliseconds: 20)).isClosed
      if !isTaken || isClosed { return turn }
    }
    return .max
  }

  @Test("a request whose head never ends loses its connection, however often a piece comes")
  func endlessHead() async throws {
    try await ReportBench.with(configure: { $0.patience = Self.patience }) { bench in
      let connection = try RawConnection(port: bench.port)
      connection.send("GET /healthz HTTP/1.1\r\nHost: h\r\n")
      #expect(await Self.trickle(connection) { "X-\($0): y\r\n" } < 500)
      #expect(try await bench.get("/healthz").status == 200)
    }
  }

  @Test("so does one whose body never ends, and one that says nothing")
  func endlessBody() async throws {
    try await ReportBench.with(configure: { $0.patience = Self.patience }) { bench in
      let connection = try RawConnection(port: bench.port)
      connection.send(
        "POST /reports/checkpoints/C/confirm HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Content-Length: 60000\r\n\r\n")
      #expect(await Self.trickle(connection) { _ in " " } < 500)
      let silent = try RawConnection(port: bench.port)
      #expect(await silent.receive(waitingMilliseconds: 10_000).isClosed)
    }
  }

  @Test("a connection that rests after an answer is closed, and one that goes on is not")
  func rest() async throws {
    // A machine that is busy may hold up an exchange for a second.
    let patience = RequestDeadline.Patience(request: .seconds(8), rest: .seconds(4), answer: .seconds(8))
    try await ReportBench.with(configure: { $0.patience = patience }) { bench in
      let connection = try RawConnection(port: bench.port)
      let request = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
      for _ in 0..<6 { #expect(try await connection.exchange(request).hasPrefix("HTTP/1.1 200 OK")) }
      #expect(await connection.receive(waitingMilliseconds: 30_000).isClosed)
    }
  }

  @Test("an answer that nobody reads does not hold its connection")
  func unreadAnswer() async throws {
    try await ReportBench.with(configure: { $0.patience = Self.patience }) { bench in
      try await bench.run(
        """
        INSERT INTO models (id, name, player_name) SELECT 'm' || i, repeat('n', 500), 'p' FROM generate_series(1, 18000) i
        """)
      let connection = try RawConnection(port: bench.port, receiveBuffer: 4_096)
      connection.send("GET /reports/models HTTP/1.1\r\nHost: h\r\n\r\n")
      // Others are served meanwhile, one after the other, each until its patience has ended as well.
      for _ in 0..<5 {
        let other = try RawConnection(port: bench.port)
        let reply = try await other.exchange("GET /reports/models?limit=1 HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(reply.hasPrefix("HTTP/1.1 200"))
        #expect(await other.receive(waitingMilliseconds: 20_000).isClosed)
      }
      let (text, isClosed) = await connection.receive(waitingMilliseconds: 20_000)
      #expect(isClosed && text.utf8.count < 9_000_000)
    }
  }

  @Test("too many headers, and too long ones, are refused")
  func headers() async throws {
    try await ReportBench.with { bench in
      let many = (0..<200).map { "X-\($0): y\r\n" }.joined()
      let long = "X: " + String(repeating: "y", count: 100_000) + "\r\n"
      for headers in [many, long] {
        let connection = try RawConnection(port: bench.port)
        connection.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\(headers)\r\n")
        let (text, isClosed) = await connection.receive(waitingMilliseconds: 10_000)
        #expect(isClosed && !text.hasPrefix("HTTP/1.1 200"))
      }
      #expect(try await bench.get("/healthz").status == 200)
    }
  }
}
