import Foundation
import Redis
import TestKit
import Testing

@Suite("A connection to Redis", .timeLimit(.minutes(2)))
struct RedisConnectionTests {
  @Test("a pipeline answers every command in its order, refusals in their place")
  func pipeline() async throws {
    let connection = RedisConnection(try TestRedis.configuration, name: "a test")
    let key = TestRedis.prefix() + "list"
    let answers = try await connection.pipeline([
      RedisCommand("RPUSH", key, "a", "", "ü\0b"), RedisCommand("INCR", key), RedisCommand("LRANGE", key, "0", "-1"),
      RedisCommand("GET", key + "-none"), RedisCommand("DEL", key),
    ])
    #expect(answers[0] == .integer(3))
    guard case .error(let text) = answers[1] else { throw NeverHappened(what: "INCR of a list is refused") }
    #expect(text.hasPrefix("WRONGTYPE"))
    #expect(answers[2].array?.map(\.text) == ["a", "", "ü\0b"])
    #expect(answers[3] == .null)
    #expect(answers[4] == .integer(1))
  }

  @Test("nobody there: the call fails at once, with what to do and without the password")
  func unreachable() async throws {
    let port = try LoopbackPort.free()
    let configuration = try #require(RedisConfiguration(url: "redis://user:s3cret@127.0.0.1:\(port)/2"))
    let connection = RedisConnection(configuration, name: "test")
    for _ in 0..<3 {
      do {
        try await connection.send(RedisCommand("PING"))
        Issue.record("answered")
      } catch {
        #expect(!"\(error) \(configuration)".contains("s3cret"))
        #expect("\(error)".contains("REDIS_URL"))
      }
    }
  }

  @Test("a wrong password is refused with the reason and without the password")
  func password() async throws {
    try await PrivateRedis.with { redis in
      try await RedisConnection(redis.configuration, name: "test").send(
        RedisCommand("CONFIG", "SET", "requirepass", "right"))
      var configuration = redis.configuration
      configuration.password = "wr0ng"
      do {
        try await RedisConnection(configuration, name: "test").send(RedisCommand("PING"))
        Issue.record("let in")
      } catch let error as RedisError {
        #expect(error.code == "WRONGPASS")
        #expect(!"\(error)".contains("wr0ng"))
      }
      configuration.password = "right"
      #expect(try await RedisConnection(configuration, name: "test").send(RedisCommand("PING")).text == "PONG")
    }
  }

  @Test("a server that accepts and says nothing is given up after the command timeout")
  func silence() async throws {
    try await PrivateRedis.with { redis in
      var configuration = redis.configuration
      configuration.commandTimeout = 0.3
      let connection = RedisConnection(configuration, name: "test")
      // From now on the server takes commands and answers nobody, for far longer than it is waited for.
      try await connection.send(RedisCommand("CLIENT", "PAUSE", "5000"))
      do {
        try await connection.send(RedisCommand("PING"))
        Issue.record("waited for the answer")
      } catch let error as RedisError {
        #expect(error == .timedOut)
      }
      try await waitUntil("the connection works again") {
        do { return try await connection.send(RedisCommand("PING")).text == "PONG" } catch { return false }
      }
    }
  }

  @Test(
    "URLs are read in all their forms",
    arguments: [
      ("redis://h", RedisConfiguration(address: .host("h", port: 6379))),
      ("redis://h:7/3", RedisConfiguration(address: .host("h", port: 7), database: 3)),
      ("redis://:pw@h", RedisConfiguration(address: .host("h", port: 6379), password: "pw")),
      ("redis://u:p%40w@h", RedisConfiguration(address: .host("h", port: 6379), username: "u", password: "p@w")),
      ("unix:///tmp/r.sock?db=2", RedisConfiguration(address: .socket(path: "/tmp/r.sock"), database: 2)),
      (
        "redis://u:p@h:1,i,j:3/0",
        RedisConfiguration(
          address: .host("h", port: 1), otherAddresses: [.host("i", port: 6379), .host("j", port: 3)], username: "u",
          password: "p")
      ),
      ("redis://h,/0", nil), ("redis://h,i:x", nil), ("rediss://h", nil), ("redis://", nil), ("redis://h/x", nil),
      ("http://h", nil), ("", nil),
    ] as [(String, RedisConfiguration?)])
  func urls(url: String, expected: RedisConfiguration?) {
    #expect(RedisConfiguration(url: url) == expected)
  }
}
