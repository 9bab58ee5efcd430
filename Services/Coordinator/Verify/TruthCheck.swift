import Callables
import Competition
import Diagnosis
import Store

/// Recomputes stored truths from the feed's records, as score workers made them. Each truth is looked at once; what was
/// found is kept for the scores that follow, up to a bound.
struct TruthCheck: Sendable {
  let store: Store
  let book: ContractBook
  /// How old a record may be that stands in, each score's contract says.
  let resolver: GroundTruthResolver
  /// The feed of predictions whose scope names none.
  let fallback: FeedKey

  enum Finding: Sendable {
    case holds
    /// The records that it was made of are deleted.
    case notCovered
    /// The function that made it cannot be used any more.
    case functionGone
    /// - Parameter source: what the truth is made of; nil when the truth's own columns don't fit each other.
    case differs(Difference, source: Source?)
  }

  /// What names the rows that a truth is made of.
  struct Source: Sendable {
    var table: String
    var row: String
    var column: String
  }

  private(set) var findings: [TaskKey: Finding] = [:]
  private var oldest: [FeedKey: Timestamp] = [:]

  /// Truths whose findings are kept at the same time.
  private static let bound = 50_000

  init(store: Store, book: ContractBook, resolver: GroundTruthResolver, fallback: FeedKey) {
    self.store = store
    self.book = book
    self.resolver = resolver
    self.fallback = fallback
  }

  /// A truth as it is stored, and the prediction's times that it follows from.
  private struct Stored {
    var key: TaskKey
    var score: EvidencedScore
    var feed: FeedKey
    var scope: JSONObject
    var value: JSONObject
  }

  /// Looks at the truths of these scores that are new.
  mutating func look(at scores: [EvidencedScore], _ report: inout VerificationReport) async throws {
    if findings.count > Self.bound { findings = [:] }
    var fresh: [TaskKey: EvidencedScore] = [:]
    for score in scores {
      let key = TaskKey(inputID: score.inputID, scopeKey: score.scopeKey)
      if findings[key] == nil, fresh[key] == nil { fresh[key] = score }
    }
    guard !fresh.isEmpty else { return }
    let posted = try await store.rounds.postedTruths(inputIDs: Array(Set(fresh.keys.map(\.inputID))))
    var delayed: [Stored] = []
    var immediate: [Stored] = []
    for (key, score) in fresh {
      guard !score.truth.isEmpty else {
        findings[key] = .differs(Self.difference(key, "truth_jsonb", "null", "a truth: it has scores"), source: nil)
        continue
      }
      let scope = try JSON(parsing: score.scope).object ?? [:]
      let stored = Stored(
        key: key, score: score, feed: FeedKey(scope: scope, fallback: fallback), scope: scope,
        value: try JSON(parsing: score.truth).object ?? [:])
      if let posted = posted[key] {
        findings[key] = Self.finding(stored, posted)
      } else if score.resolvableAt <= score.performedAt {
        immediate.append(stored)
      } else {
        delayed.append(stored)
      }
    }
    try await lookAtInputs(immediate)
    for (feed, group) in Dictionary(grouping: delayed, by: \.feed) { try await lookAtFeed(feed, group) }
    for key in fresh.keys {
      switch findings[key] {
      case .notCovered: report.skip("truths whose feed records are deleted")
      case .functionGone: report.skip("truths whose function cannot be used any more")
      default: report.count("truths")
      }
    }
  }

  /// A row of a round: what somebody posted is the truth.
  private static func finding(_ stored: Stored, _ posted: RoundStore.PostedTruth) -> Finding {
    let truth = GroundTruthResolver.posted(
      posted.value, inputID: stored.key.inputID, scopeKey: stored.key.scopeKey,
      now: stored.score.resolvedAt ?? stored.score.resolvableAt)
    return finding(
      stored, .resolved(truth), from: Source(table: "commands", row: posted.commandID, column: "payload_jsonb"))
  }

  /// Horizon 0: the input is the truth.
  private mutating func lookAtInputs(_ truths: [Stored]) async throws {
    guard !truths.isEmpty else { return }
    let inputs = try await store.inputs(ids: Array(Set(truths.map(\.key.inputID))))
    let byID = Dictionary(inputs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    for stored in truths {
      guard let input = byID[stored.key.inputID] else {
        findings[stored.key] = .notCovered
        continue
      }
      let truth = GroundTruthResolver.immediate(
        input: input, scopeKey: stored.key.scopeKey, now: stored.score.resolvedAt ?? stored.score.resolvableAt)
      findings[stored.key] = Self.finding(
        stored, .resolved(truth), from: Source(table: "inputs", row: input.id, column: "raw_data_jsonb"))
    }
  }

  private mutating func lookAtFeed(_ feed: FeedKey, _ truths: [Stored]) async throws {
    let contracts = try truths.map { try book.contract(of: $0.score) }
    let resolvers = contracts.map(resolver.under)
    let queries = zip(resolvers, truths).map { resolver, truth in
      resolver.query(feed: feed, performedAt: truth.score.performedAt, resolvableAt: truth.score.resolvableAt)
    }
    for span in QuerySpan.merging(queries) {
      let records = try await store.records(
        of: feed, from: span.from, through: span.through, limit: QuerySpan.maximumRecords)
      for index in span.members {
        let (stored, query, resolver) = (truths[index], queries[index], resolvers[index])
        let known = records.between(query.from, query.through)
        let resolvedAt = stored.score.resolvedAt ?? stored.score.resolvableAt
        guard let maker = await book.functions(of: contracts[index]).truth else {
          findings[stored.key] = .functionGone
          continue
        }
        func recomputed(_ records: [FeedRecord]) async throws -> Finding {
          try await Self.finding(
            stored, decision(stored, resolver.settledRecords(query, among: records), maker, resolvedAt),
            from: Source(
              table: "feed_records",
              row: "\(RecordIDs.watermark(feed)) from \(query.from) through \(query.through)", column: "values_jsonb"))
        }
        var finding = try await recomputed(known)
        // A record that came in later was not there when the truth was made.
        if case .differs = finding,
          case .holds = try await recomputed(known.filter({ $0.ingestedTime <= resolvedAt }))
        {
          finding = .holds
        }
        if case .differs = finding, try await isDeleted(feed, at: stored.score.performedAt) { finding = .notCovered }
        findings[stored.key] = finding
      }
    }
  }

  private func decision(
    _ stored: Stored, _ records: TruthRecords, _ maker: TruthMaker, _ resolvedAt: Timestamp
  ) async throws -> TruthDecision {
    switch records {
    case .wait(let until, let reason): return .wait(until: until, reason: reason)
    case .failed(let reason): return .failed(reason: reason)
    case .found(let used):
      let task = TruthMaker.Task(
        scope: stored.scope, scopeKey: stored.key.scopeKey, performedAt: stored.score.performedAt,
        resolvableAt: stored.score.resolvableAt)
      do {
        return GroundTruthResolver.truth(
          of: used, try await maker.value(of: used, task), stored.key.inputID, stored.key.scopeKey, resolvedAt)
      } catch let failure as ExtensionFailure { return .failed(reason: failure.reason) }
    }
  }

  /// Whether the record that tells the price at a time is older than all that are left.
  private mutating func isDeleted(_ feed: FeedKey, at time: Timestamp) async throws -> Bool {
    let first: Timestamp
    if let known = oldest[feed] {
      first = known
    } else {
      let record = try await store.firstRecord(of: feed, after: EvidenceView.Span.all.start)
      first = record?.eventTime ?? EvidenceView.Span.all.end
      oldest[feed] = first
    }
    return first > GroundTruthResolver.eventTime(at: time, feed)
  }

  private static func finding(_ stored: Stored, _ decision: TruthDecision, from source: Source) -> Finding {
    guard case .resolved(let truth) = decision else {
      var reason = "no truth"
      if case .failed(let why) = decision { reason += ": " + why }
      return .differs(difference(stored.key, "records_digest", stored.score.recordsDigest, reason), source: source)
    }
    guard truth.recordsDigest == stored.score.recordsDigest else {
      return .differs(
        difference(stored.key, "records_digest", stored.score.recordsDigest, truth.recordsDigest), source: source)
    }
    let value = truth.value.stored
    guard value == stored.value else {
      return .differs(
        difference(stored.key, "truth_jsonb", Difference.text(stored.value), Difference.text(value)), source: nil)
    }
    return .holds
  }

  private static func difference(
    _ key: TaskKey, _ column: String, _ stored: String, _ recomputed: String
  ) -> Difference {
    Difference(
      table: "ground_truths", row: "\(key.inputID) \(key.scopeKey)", column: column, stored: stored,
      recomputed: recomputed)
  }
}
