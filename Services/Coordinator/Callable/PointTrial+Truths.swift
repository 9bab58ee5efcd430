import Callables
import Competition
import Store

extension PointTrial {
  /// The truths of the newest predictions that have a score, made again of the feed's records; horizons of 0 aside, whose
  /// truth is their input.
  func truths() async throws -> Report {
    let reference = try reference(contract.callables.groundTruth)
    let maker = try await TruthMaker(
      reference, shape: contract.shapes.groundTruth, limits: limits, logger: Terminal.silence)
    let resolver = GroundTruthResolver(
      contract: contract, graceSeconds: settings.graceSeconds, maxWaitSeconds: settings.maxWaitSeconds)
    var seen: Set<TaskKey> = []
    let samples = try await store.scores.newestSamples(limit: limit).filter {
      $0.resolvableAt > $0.performedAt && seen.insert($0.key).inserted
    }
    var rows: [Row] = []
    let began = ContinuousClock.now
    for sample in samples {
      rows.append(try await row(sample, maker, resolver))
    }
    return report(reference, rows, since: began)
  }

  private func row(_ sample: ScoredSample, _ maker: TruthMaker, _ resolver: GroundTruthResolver) async throws -> Row {
    var row = Row(subject: "\(sample.key.inputID) \(sample.key.scopeKey)", stored: .object(sample.truth))
    let query = resolver.query(
      feed: FeedKey(scope: sample.scope, fallback: settings.feed.keys[0]), performedAt: sample.performedAt,
      resolvableAt: sample.resolvableAt)
    let known = try await store.records(
      of: query.feed, from: query.from, through: query.through, limit: QuerySpan.maximumRecords)
    switch resolver.settledRecords(query, among: known) {
    case .wait(_, let reason), .failed(let reason): row.failure = "its records are gone: \(reason)"
    case .found(let records):
      let task = TruthMaker.Task(
        scope: sample.scope, scopeKey: sample.key.scopeKey, performedAt: sample.performedAt,
        resolvableAt: sample.resolvableAt)
      do { row.now = try await maker.value(of: records, task).map(JSON.object) } catch { row.failure = "\(error)" }
    }
    return row
  }
}
