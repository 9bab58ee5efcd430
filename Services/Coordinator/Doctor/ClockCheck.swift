import Competition
import Diagnosis
import Redis
import ServiceKit
import Store

/// Whether this machine, PostgreSQL and Redis agree on the time. PostgreSQL's decides; a feed's records and a worker's leases
/// are judged by the others' too.
struct ClockCheck: Check {
  let store: Store
  let redis: RedisConfiguration
  /// The clock of this machine.
  var now: @Sendable () -> Timestamp = { Timestamp.now() }
  var area: Finding.Area { .clock }

  /// Seconds that clocks may differ.
  static let tolerance = 1.0

  func findings() async -> [Finding] {
    var findings: [Finding] = []
    do {
      let (theirs, span) = try await timed { try await store.now() }
      findings.append(Self.finding("PostgreSQL", theirs, asked: span))
    } catch {
      findings.append(.note(.clock, "not compared with PostgreSQL, which is away"))
    }
    do {
      let connection = RedisConnection(redis, name: "coordinator-doctor")
      // The first answer waits for the connection; the second tells the time.
      try await connection.send(RedisCommand("TIME"))
      let (answer, span) = try await timed { try await connection.send(RedisCommand("TIME")) }
      if let time = Self.time(answer) { findings.append(Self.finding("Redis", time, asked: span)) }
    } catch {
      findings.append(.note(.clock, "not compared with Redis, which is away"))
    }
    return findings
  }

  private func timed<Answer: Sendable>(
    _ ask: () async throws -> Answer
  ) async throws -> (Answer, ClosedRange<Timestamp>) {
    let before = now()
    let answer = try await ask()
    return (answer, before...max(before, now()))
  }

  private static func time(_ answer: RedisValue) -> Timestamp? {
    guard let parts = answer.array, parts.count == 2, let seconds = parts[0].integer, let micros = parts[1].integer
    else { return nil }
    return Timestamp(microseconds: seconds * 1_000_000 + micros)
  }

  /// - Parameter span: from the question to the answer, by our clock.
  static func finding(_ whose: String, _ theirs: Timestamp, asked span: ClosedRange<Timestamp>) -> Finding {
    let ahead = theirs.seconds(since: span.upperBound)
    let behind = span.lowerBound.seconds(since: theirs)
    let difference = max(ahead, behind, 0)
    guard difference > tolerance else {
      return .ok(.clock, "the clock of \(whose) differs by less than \(Spoken.span(tolerance))")
    }
    let direction = ahead > 0 ? "behind" : "ahead of"
    return .problem(
      .clock, "this machine's clock is \(Spoken.span(difference)) \(direction) that of \(whose)",
      cause: "one of the two machines does not keep time: records look too old or too new to be asked about",
      remedy: "run a time service (chrony, systemd-timesyncd) on both")
  }
}
