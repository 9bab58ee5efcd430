import Bus
import Competition
import Feeds
import Logging
import Metrics
import ServiceKit
import ServiceLifecycle
import Store

/// Plays a recorded feed as fast as its listeners can: page by page in order of time, stored first, then told of, and no further
/// ahead of the predict worker than so many records; while a page is told of, the next one is stored. A restart goes on behind
/// what was told: what was only stored comes again, and what comes twice fires nothing twice.
struct TapePlayer: Service {
  let keys: [FeedKey]
  let tape: ReplayTape
  let store: Store
  let bus: any Bus
  let duty: any FeedDuty
  let health: Health
  let logger: Logger
  /// nil: no longer candles are wanted.
  var candles: TapeCandles?
  /// Records a transaction.
  var pageSize = 4_000
  /// Records that the predict worker may be behind.
  var longestLag = 5_000

  /// Under this key the feed's state says that its clock is the time of its records.
  static let stateKey = "tape"
  /// Under this one it has the time up to which all was told, in microseconds since 1970.
  static let toldKey = "told"

  func run() async throws {
    for key in keys { health.ready(key.subject) }
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      guard duty.isHeld else {
        await rest(.milliseconds(100))
        continue
      }
      do { try await play() } catch is LeadsNoLonger {
        logger.notice("another worker plays the feed")
        duty.lost()
      }
    }
  }

  /// Plays for as long as this worker leads.
  /// - Throws: `LeadsNoLonger` when PostgreSQL says that it does not.
  private func play() async throws {
    let told = try await persistently("read the watermarks", logger: logger) {
      var told: [FeedKey: Timestamp] = [:]
      for key in keys {
        let known = try await store.feeds.providerState(of: key)[Self.toldKey]?.int
        let watermark = try await store.feeds.watermark(of: key)
        told[key] = known.map { Timestamp(microseconds: $0) } ?? watermark ?? Timestamp(seconds: 0)
      }
      try await note(told)
      return told
    }
    var tape = tape
    tape.resume(after: told)
    try await candles?.begin(after: told, claim: duty.claim)
    logger.info("playing a recorded feed", metadata: ["records": "\(tape.count)", "subjects": "\(keys.count)"])
    var stored = try await stored(tape.next(pageSize))
    while duty.isHeld, !stored.isEmpty, !Task.isShuttingDownGracefully, !Task.isCancelled {
      let page = tape.next(pageSize)
      async let next = self.stored(page)
      try await tell(of: stored)
      stored = try await next
    }
    if stored.isEmpty { logger.info("the recorded feed is over") }
    while duty.isHeld, !Task.isShuttingDownGracefully, !Task.isCancelled { await rest(.seconds(1)) }
  }

  /// Stores a page and the longer candles that it makes, and answers it with those that are closed.
  private func stored(_ records: [FeedRecord]) async throws -> [FeedRecord] {
    let isOurs = try await persistently("store feed records", logger: logger) {
      try await store.feeds.ingest(records, phase: "listen", claim: duty.claim)
    }
    guard isOurs else { throw LeadsNoLonger() }
    Counter(label: "coordinator_feed_records_total", dimensions: [("subject", "all")]).increment(by: records.count)
    return try await candles?.take(records, claim: duty.claim) ?? records
  }

  /// Tells of a page that is stored, and waits for the listeners to come near.
  private func tell(of records: [FeedRecord]) async throws {
    for start in stride(from: 0, to: records.count, by: FeedAnnouncements.longest) {
      try await tell(records[start..<min(start + FeedAnnouncements.longest, records.count)])
    }
    let told = Dictionary(records.map { ($0.key, $0.eventTime) }, uniquingKeysWith: max)
    try await persistently("note what was told", logger: logger) { try await note(told) }
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      let behind = try await persistently("look how far the listeners are", logger: logger) { try await lag() }
      if behind <= longestLag { break }
      await rest(.milliseconds(20))
    }
  }

  private func tell(_ records: ArraySlice<FeedRecord>) async throws {
    var untold = FeedAnnouncements()
    untold.add(Array(records))
    try await persistently("tell of feed records", logger: logger) { try await untold.tell(bus, now: .now()) }
  }

  /// The tape's own feeds are its clock, the candles made of them are not.
  private func note(_ told: [FeedKey: Timestamp]) async throws {
    var states = told.mapValues { [Self.toldKey: .int($0.microseconds)] as JSONObject }
    for key in keys { states[key]?[Self.stateKey] = true }
    let isOurs = try await store.feeds.setProviderStates(states, claim: duty.claim)
    guard isOurs else { throw LeadsNoLonger() }
  }

  /// Records that the predict worker has not taken; all there are, as long as none has joined.
  private func lag() async throws -> Int {
    let status = try await bus.status(of: .feedRecords)
    return status.group?.lag ?? status.length
  }
}
