import Callables
import Competition
import ServiceKit
import Store

/// Finds the ground truth of tasks: the stored one, else the one that follows from the feed's records now.
struct TruthSource: Sendable {
  let store: any ScoringStore
  /// Knows how long is waited for records; how old they may be each request's contract says.
  let resolver: GroundTruthResolver
  let contracts: ContractsInForce
  /// The feed of predictions whose scope does not name one (rows of other tools).
  let fallback: FeedKey
  /// Whether a recorded feed is played, whose records are the clock.
  var isTape = false

  /// A task and the scope its predictions share.
  struct Request: Sendable {
    var key: TaskKey
    var performedAt: Timestamp
    var resolvableAt: Timestamp
    var scope: JSONObject
    /// The contract whose resolver makes it; nil: the present one's.
    var contractID: Int64?
  }

  /// One decision a task. Truths that are resolved here are stored first: a truth, once used, never changes.
  func decisions(for requests: [Request]) async throws -> [TaskKey: TruthDecision] {
    var decisions: [TaskKey: TruthDecision] = [:]
    for truth in try await store.truths(of: requests.map(\.key)) {
      decisions[TaskKey(inputID: truth.inputID, scopeKey: truth.scopeKey)] = .resolved(truth)
    }
    let open = requests.filter { decisions[$0.key] == nil }
    guard !open.isEmpty else { return decisions }

    let clock = try await store.now()
    let now = isTape ? try await store.feedTime() : clock
    // What is waited for by the clock of a tape is looked for again by ours.
    let lead = clock.microseconds - now.microseconds
    var fresh: [GroundTruth] = []
    func settle(_ request: Request, _ decision: TruthDecision) {
      switch decision {
      case .resolved(let truth): fresh.append(truth)
      case .wait(let until, let reason):
        decisions[request.key] = .wait(until: Timestamp(microseconds: until.microseconds + lead), reason: reason)
      case .failed: decisions[request.key] = decision
      }
    }
    let immediate = open.filter { $0.resolvableAt <= $0.performedAt }
    for (request, decision) in try await fromInputs(immediate, now: now) { settle(request, decision) }
    let delayed = open.filter { $0.resolvableAt > $0.performedAt }
    for (request, decision) in try await fromFeed(delayed, now: now) { settle(request, decision) }

    for truth in try await store.saveTruths(fresh) {
      decisions[TaskKey(inputID: truth.inputID, scopeKey: truth.scopeKey)] = .resolved(truth)
    }
    return decisions
  }

  /// Horizon 0: the input is the truth.
  private func fromInputs(_ requests: [Request], now: Timestamp) async throws -> [(Request, TruthDecision)] {
    guard !requests.isEmpty else { return [] }
    let inputs = try await store.inputs(ids: Array(Set(requests.map(\.key.inputID))))
    let byID = Dictionary(inputs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    return requests.map { request in
      guard let input = byID[request.key.inputID] else { return (request, .failed(reason: "its input is not stored")) }
      return (request, .resolved(GroundTruthResolver.immediate(input: input, scopeKey: request.key.scopeKey, now: now)))
    }
  }

  /// Tasks due together look at the same records, so that they are read once per feed.
  private func fromFeed(_ requests: [Request], now: Timestamp) async throws -> [(Request, TruthDecision)] {
    var results: [(Request, TruthDecision)] = []
    for (feed, group) in Dictionary(grouping: requests, by: { FeedKey(scope: $0.scope, fallback: fallback) }) {
      let newest = try await store.newestRecord(of: feed)
      let resolvers = try await resolvers(of: group)
      let queries = zip(resolvers, group).map { resolver, request in
        resolver.query(feed: feed, performedAt: request.performedAt, resolvableAt: request.resolvableAt)
      }
      for span in QuerySpan.merging(queries) {
        let records = try await store.records(
          of: feed, from: span.from, through: span.through, limit: QuerySpan.maximumRecords)
        // Candles that are missing are seen; of ticks only whoever takes them in knows.
        let gaps =
          feed.kind == .candle ? [] : try await store.openGaps(of: feed, from: span.from, through: span.through)
        for index in span.members {
          let (request, query, resolver) = (group[index], queries[index], resolvers[index])
          func look(passedAt: Timestamp?) -> TruthRecords {
            resolver.records(
              query, among: records.between(query.from, query.through), newest: newest, passedAt: passedAt, gaps: gaps,
              now: now)
          }
          var found = look(passedAt: nil)
          if case .found = found {
          } else if let newest, newest.eventTime > query.through {
            // The feed has gone on without the record: from when on decides how long the gap may still be repaired.
            found = look(passedAt: try await store.firstRecord(of: feed, after: query.through)?.ingestedTime)
          }
          results.append((request, try await decision(request, query, found, now: now)))
        }
      }
    }
    return results
  }

  /// Each request's, by the contract that it was asked under.
  private func resolvers(of requests: [Request]) async throws -> [GroundTruthResolver] {
    var known: [Int64?: GroundTruthResolver] = [:]
    for id in Set(requests.map(\.contractID)) {
      known[id] = resolver.under(try await contracts.rules(of: id).contract)
    }
    return requests.map { known[$0.contractID] ?? resolver }
  }

  private func decision(
    _ request: Request, _ query: TruthQuery, _ found: TruthRecords, now: Timestamp
  ) async throws -> TruthDecision {
    switch found {
    case .wait(let until, let reason): return .wait(until: until, reason: reason)
    case .failed(let reason): return .failed(reason: reason)
    case .found(let records):
      let maker = try await contracts.rules(of: request.contractID).functions.truth
      let task = TruthMaker.Task(
        scope: request.scope, scopeKey: request.key.scopeKey, performedAt: request.performedAt,
        resolvableAt: request.resolvableAt)
      do {
        let value = try await maker.value(of: records, task)
        if value == nil, !maker.isBuiltin {
          return resolver.retry(query, because: "the resolver finds none in the records", now: now)
        }
        return GroundTruthResolver.truth(of: records, value, request.key.inputID, request.key.scopeKey, now)
      } catch let failure as ExtensionFailure {
        return resolver.retry(query, because: failure.reason, now: now)
      }
    }
  }
}
