import Competition
import Foundation
import TestKit
import Testing

@testable import Feeds

@Suite("A program as a source", .timeLimit(.minutes(2)))
struct ExecProviderTests {
  private static let key = FeedKey(source: "exec", subject: "A", kind: .tick, granularity: "1s")

  private func provider(_ command: String) throws -> ExecProvider {
    try ExecProvider(FeedOptions(["command": command]))
  }

  /// Runs the program once, to its end.
  private func run(_ provider: ExecProvider, since: Int64 = 5, _ heard: HeardNews) async throws -> FeedError? {
    _ = try? provider.fetch(FeedRequest(key: Self.key, start: Timestamp(seconds: since), now: .init(seconds: 9)))
    return await #expect(throws: FeedError.self) {
      try await provider.stream([Self.key], now: { Timestamp(seconds: 100) }) { heard.take($0) }
    }
  }

  @Test("is told what is wanted and from when on, is heard line by line, and its end has a reason")
  func told() async throws {
    let heard = HeardNews()
    let end = try await run(
      provider(
        """
        echo "$FEED_SUBJECTS $FEED_KIND $FEED_GRANULARITY $FEED_SINCE" >&2
        echo '{"ts":10,"price":1}'; echo; echo 'what?'; echo '{"ts":11,"price":2}'; echo 'gone wrong' >&2; exit 3
        """), heard)
    #expect(heard.news.first == .opened)
    #expect(heard.records.compactMap { $0.values["price"]?.number } == [1, 2])
    #expect(heard.news.contains(.alive))
    #expect(heard.rejected.count == 1)
    #expect(heard.rejected.first?.hasPrefix("line 3: no JSON") == true)
    #expect(heard.remarks == ["A tick 1s 1970-01-01T00:00:05Z", "gone wrong"])
    #expect(end?.reason == "the program ended (exit 3): gone wrong")
    #expect(end?.isTransient == true)
  }

  @Test("goes on where it was when it is started again, and says meanwhile why there is nothing")
  func again() async throws {
    let provider = try provider("echo $FEED_SINCE >&2; echo '{\"ts\":40,\"price\":1}'")
    let heard = HeardNews()
    _ = try await run(provider, heard)
    let refusal = #expect(throws: FeedError.self) {
      try provider.fetch(FeedRequest(key: Self.key, now: .init(seconds: 9)))
    }
    #expect(refusal?.reason.contains("the program ended (exit 0)") == true)
    _ = try await run(provider, heard)
    #expect(heard.remarks == ["1970-01-01T00:00:05Z", "1970-01-01T00:00:40Z"])
  }

  @Test("that is not there, or says a line without end, is no stream")
  func broken() async throws {
    let missing = try await run(provider("/nowhere/program"), HeardNews())
    #expect(missing?.reason.contains("/nowhere/program") == true)
    let heard = HeardNews()
    _ = try await run(provider("echo '{\"ts\":10,\"price\":1}'; exec head -c 10000000 /dev/zero"), heard)
    #expect(heard.records.compactMap { $0.values["price"]?.number } == [1])
  }

  @Test("ends with the stream, and so does what it started")
  func ends() async throws {
    let heard = HeardNews()
    let provider = try provider("sleep 1000 & echo $! >&2; echo $$ >&2; wait")
    _ = try provider.fetch(FeedRequest(key: Self.key, now: Timestamp(seconds: 9)))
    let running = Task { try await provider.stream([Self.key], now: { .init(seconds: 9) }) { heard.take($0) } }
    try await waitUntil("it runs") { heard.remarks.count == 2 }
    running.cancel()
    _ = await running.result
    let processes = heard.remarks.compactMap { Int32($0) }
    #expect(processes.count == 2)
    try await waitUntil("both are gone") { !processes.contains { SystemProcess.isAlive($0) } }
  }

  @Test("needs a name, and offers ticks and candles only")
  func settings() throws {
    #expect(throws: FeedError.self) { try ExecProvider(FeedOptions([:])) }
    var depth = Self.key
    depth.kind = .depth
    #expect(throws: FeedError.self) { try provider("true").prepare(depth, stored: [:], now: .init(seconds: 0)) }
  }
}
