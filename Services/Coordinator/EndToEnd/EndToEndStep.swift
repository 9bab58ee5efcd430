import Competition

/// What must be seen of a node that works, in the order in which data travels.
enum EndToEndStep: String, Sendable, CaseIterable {
  case health, models, predictions, scores, leaderboard, checkpoint

  enum Verdict: Sendable, Hashable {
    case yes(String)
    /// Not so yet, and why.
    case notYet(String)
  }

  /// - Parameters:
  ///   - first: what was seen when the watch began; what was there then proves nothing about now.
  ///   - now: what is seen now.
  func judge(first: Observation, now: Observation) -> Verdict {
    do throws(ReportClientError) {
      if let rounds = try now.rounds?.get(), let verdict = judge(rounds) { return verdict }
      switch self {
      case .health: return Self.health(try now.health.get())
      case .models:
        return Self.models(try now.models.get(), Self.known(first.predictions), try now.predictions.get())
      case .predictions: return Self.predictions(Self.known(first.predictions), try now.predictions.get())
      case .scores: return Self.scores(Self.known(first.predictions), try now.predictions.get())
      case .leaderboard: return Self.leaderboard(try now.leaderboard.get())
      case .checkpoint: return Self.checkpoint(try now.checkpoints.get())
      }
    } catch { return .notYet("\(error)") }
  }

  private static func known(
    _ predictions: Result<[Observation.Prediction], ReportClientError>
  ) -> [Observation.Prediction] {
    if case .success(let known) = predictions { known } else { [] }
  }

  private static func health(_ answer: JSON) -> Verdict {
    guard answer["status"] == "ok" else { return .notYet("/healthz says \(answer.text)") }
    return .yes("the report API answers" + (answer["version"]?.string.map { ", version \($0)" } ?? ""))
  }

  private static func models(
    _ models: [String: String], _ known: [Observation.Prediction], _ predictions: [Observation.Prediction]
  ) -> Verdict {
    guard !models.isEmpty else { return .notYet("no model has joined; `coordinator check-models` says why") }
    let fresh = Self.fresh(predictions, after: known)
    let newest = Dictionary(fresh.map { ($0.modelID, $0) }, uniquingKeysWith: { $1 })
    for (id, name) in models.sorted(by: { $0.key < $1.key }) {
      guard let prediction = newest[id] else { return .notYet("\(name) has not been asked since the watch began") }
      if let failure = prediction.failure { return .notYet("\(name) fails: \(failure)") }
    }
    return .yes("\(models.count) models answer")
  }

  /// Those that were made after all that were known.
  private static func fresh(
    _ predictions: [Observation.Prediction], after known: [Observation.Prediction]
  ) -> [Observation.Prediction] {
    let before = known.map(\.performedAt).max()
    return predictions.filter { prediction in before.map { prediction.performedAt > $0 } ?? true }
  }

  private static func predictions(
    _ known: [Observation.Prediction], _ predictions: [Observation.Prediction]
  ) -> Verdict {
    let fresh = Self.fresh(predictions, after: known)
    guard !fresh.isEmpty else {
      let since = known.map(\.performedAt).max().map { "since \($0.iso8601(.z))" } ?? "at all"
      return .notYet("no prediction \(since); is the feed fresh? `coordinator doctor` says")
    }
    return .yes("\(fresh.count) new predictions of \(Set(fresh.map(\.modelID)).count) models")
  }

  private static func scores(_ known: [Observation.Prediction], _ predictions: [Observation.Prediction]) -> Verdict {
    let before = known.compactMap(\.scoredAt).max()
    let scored = predictions.filter { $0.score != nil }
    let fresh = scored.filter { prediction in
      before.flatMap { before in prediction.scoredAt.map { $0 > before } } ?? true
    }
    guard !fresh.isEmpty else {
      let failure = predictions.last { $0.scoredAt != nil && $0.failure != nil }?.failure
      let since = before.map { "since \($0.iso8601(.z))" } ?? "at all"
      return .notYet("no score \(since)" + (failure.map { "; the newest failed: \($0)" } ?? ""))
    }
    let means = Dictionary(grouping: scored, by: \.modelID).mapValues { rows in
      rows.compactMap(\.score).reduce(0, +) / Double(rows.count)
    }
    guard means.count == 1 || Set(means.values).count > 1 else {
      return .notYet("all \(means.count) models have the same score of \(means.values.first ?? 0)")
    }
    return .yes("\(fresh.count) new scores; \(Set(means.values).count) of \(means.count) models differ")
  }

  private static func leaderboard(_ entries: [JSON]) -> Verdict {
    guard !entries.isEmpty else { return .notYet("there is no leaderboard") }
    let ranks = entries.compactMap { $0["rank"]?.int }
    guard ranks == Array(1...Int64(entries.count)) else { return .notYet("the ranks are \(ranks)") }
    guard let best = entries.first, let value = best["score_ranking"]?["value"]?.number else {
      return .notYet("the first has no value that ranks it")
    }
    return .yes("\(entries.count) models ranked; \(best["model_name"]?.string ?? "the first") leads with \(value)")
  }

  private static func checkpoint(_ checkpoints: [JSON]) -> Verdict {
    guard let newest = checkpoints.first else {
      return .notYet("there is no checkpoint; one comes every CHECKPOINT_INTERVAL_SECONDS")
    }
    let rewards = newest["entries"]?.array?.first?["cruncher_rewards"]?.array ?? []
    let shares = rewards.compactMap { $0["reward_pct"]?.int }
    let id = newest["id"]?.string ?? "the checkpoint"
    guard shares.reduce(0, +) == 1_000_000_000, shares.allSatisfy({ $0 >= 0 }) else {
      return .notYet("\(id) shares out \(shares.reduce(0, +)) of 1000000000 among \(shares.count) models")
    }
    return .yes("\(id) pays \(shares.count) models, 1000000000 in all")
  }
}
