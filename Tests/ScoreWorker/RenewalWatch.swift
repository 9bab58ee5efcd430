import Bus
import Competition
import Synchronization

/// A consumer that remembers whose leases it was asked to renew.
final class RenewalWatch: BusConsumer {
  private let base: any BusConsumer<ScoreTask>
  private let renewals = Mutex<[Set<EntryID>]>([])

  init(base: any BusConsumer<ScoreTask>) { self.base = base }

  /// The entries of each renewal.
  var asked: [Set<EntryID>] { renewals.withLock { $0 } }

  func renew(_ ids: [EntryID]) async throws(BusError) -> [EntryID] {
    renewals.withLock { $0.append(Set(ids)) }
    return try await base.renew(ids)
  }

  func read(count: Int, wait: Duration) async throws(BusError) -> Batch<ScoreTask> {
    try await base.read(count: count, wait: wait)
  }
  func acknowledge(_ ids: [EntryID]) async throws(BusError) -> [EntryID] { try await base.acknowledge(ids) }
  func release(_ ids: [EntryID]) async throws(BusError) { try await base.release(ids) }
  func retry(_ ids: [EntryID], after pause: Duration) async throws(BusError) { try await base.retry(ids, after: pause) }
  func reclaim(count: Int) async throws(BusError) -> Batch<ScoreTask> { try await base.reclaim(count: count) }
  func discard(_ rejected: [RejectedEntry]) async throws(BusError) { try await base.discard(rejected) }
  func unpark(limit: Int) async throws(BusError) -> Int { try await base.unpark(limit: limit) }
  func leave() async throws(BusError) { try await base.leave() }
}
