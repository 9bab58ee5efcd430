import Bus
import Competition
import Store

/// How the streams themselves stand: progress, bounds, members, and nothing trimmed that somebody needs.
struct StreamAudit: Sendable {
  let store: Store
  let bus: RedisBus
  let settle: Duration
  /// Of `predictions.pending`; the other groups have the default.
  let leaseSeconds: Int
  /// `BUS_STREAM_LENGTH`
  let streamLength: Int
  /// How long a member may be idle that is no live worker.
  let consumerGrace: Duration

  /// Producers look at the length before they add a batch: several may do so at once.
  private static let overshoot = 10_000

  func findings() async throws -> [AuditFinding] {
    let paused = Set(try await store.pauses.all().map(\.stream))
    return [
      try await progress(except: paused), try await bounds(), try await consumers(), try await nothingNeededTrimmed(),
    ]
  }

  private func progress(except paused: Set<String>) async throws -> AuditFinding {
    var checked = 0
    var stale: [String] = []
    for stream in BusStream.allCases where !paused.contains(stream.rawValue) {
      let lease = stream == .predictionsPending ? .seconds(leaseSeconds) : ConsumerSettings().lease
      let pending = try await bus.pending(of: stream, limit: 50_000)
      checked += pending.count
      stale += pending.filter { $0.idle > lease * 2 + .seconds(5) }.map { "\(stream.rawValue) \($0.id)" }
    }
    return AuditFinding(
      .progress, "an entry in work is renewed or taken over within two leases and 5 s", checked: checked,
      violations: stale.count, example: stale.first)
  }

  private func bounds() async throws -> AuditFinding {
    let status = try await bus.status()
    let bound = streamLength + Self.overshoot
    let over = status.streams.filter { stream in
      stream.length > bound || stream.groups.contains { $0.pending > bound }
    }
    return AuditFinding(
      .bounds, "streams and pending lists are no longer than \(bound)", checked: status.streams.count,
      violations: over.count, example: over.first?.stream.rawValue)
  }

  private func consumers() async throws -> AuditFinding {
    var checked = 0
    var suspects: [String] = []
    for stream in BusStream.allCases {
      checked += try await bus.consumers(of: stream).count
      suspects += try await dead(stream)
    }
    let left = try await Settling.left(of: suspects, within: settle) { suspects in
      var still: Set<String> = []
      for stream in BusStream.allCases { still.formUnion(try await dead(stream)) }
      return suspects.filter(still.contains)
    }
    return AuditFinding(
      .consumers, "members of groups are live workers, or have work that others will take over", checked: checked,
      violations: left.count, example: left.first)
  }

  private func dead(_ stream: BusStream) async throws -> [String] {
    let live = Set(try await bus.workers().map(\.name))
    return try await bus.consumers(of: stream)
      .filter { !live.contains($0.name) && $0.pending == 0 && $0.idle > consumerGrace }
      .map { "\(stream.rawValue) \($0.name)" }
  }

  private func nothingNeededTrimmed() async throws -> AuditFinding {
    var checked = 0
    var suspects: [String] = []
    for stream in BusStream.allCases {
      let found = try await bus.pendingWithoutEntry(of: stream)
      checked += found.pending
      suspects += found.missing.map { "\(stream.rawValue) \($0)" }
    }
    let left = try await Settling.left(of: suspects, within: settle) { suspects in
      var still: Set<String> = []
      for stream in BusStream.allCases {
        still.formUnion(try await bus.pendingWithoutEntry(of: stream).missing.map { "\(stream.rawValue) \($0)" })
      }
      return suspects.filter(still.contains)
    }
    return AuditFinding(
      .nothingNeededTrimmed, "an entry in work is still in its stream", checked: checked, violations: left.count,
      example: left.first)
  }
}
