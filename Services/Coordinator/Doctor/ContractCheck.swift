import Callables
import Competition
import Diagnosis
import ServiceKit

/// Whether the contract's file holds, and what it names can be loaded and works on made-up predictions.
struct ContractCheck: Check {
  let settings: NodeSettings
  var area: Finding.Area { .contract }

  func findings() async -> [Finding] {
    let problems = settings.problems.filter { $0.name == "CRUNCH_CONTRACT" }
    guard problems.isEmpty else {
      return problems.map { problem in
        .misconfigured(
          .contract, "the contract cannot be used", cause: problem.cause ?? "\(problem)",
          remedy: "correct the file; `coordinator contract check` looks at it alone")
      }
    }
    let contract = settings.score.contract
    let path = settings.reader.environment["CRUNCH_CONTRACT"].flatMap { $0.isEmpty ? nil : $0 }
    var findings = horizons(contract)
    for function in functions(contract) {
      do { try await function.load() } catch {
        findings.append(
          .misconfigured(
            .contract, "\(function.name) cannot be used for \(function.point)", cause: "\(error)",
            remedy: "correct the function or its name; `coordinator callable test` tries a scoring function alone"))
      }
    }
    guard findings.isEmpty else { return findings }
    return [
      .ok(
        .contract,
        "\(path ?? "the default contract") holds; digest \(contract.digest.prefix(12)); "
          + "\(settings.score.scoring.reference) scores")
    ]
  }

  /// What the contract names to be called, each loaded and probed as a worker does.
  private func functions(
    _ contract: CrunchContract
  ) -> [(point: String, name: String, load: () async throws -> Void)] {
    let scoring = settings.score.scoring
    let callables = contract.callables
    let (limits, logger) = (scoring.python, Terminal.silence)
    return [
      ("scoring", "\(scoring.reference)", { _ = try await scoring.load(logger: logger) }),
      (
        ExtensionPoint.inferenceInput.rawValue, "\(callables.inferenceInput)",
        { _ = try await InputBuilder(callables.inferenceInput, limits: limits, logger: logger) }
      ),
      (
        ExtensionPoint.inferenceOutput.rawValue, "\(callables.inferenceOutput)",
        {
          _ = try await OutputValidator(
            callables.inferenceOutput, fields: contract.output, limits: limits, logger: logger)
        }
      ),
      (
        ExtensionPoint.groundTruth.rawValue, "\(callables.groundTruth)",
        { _ = try await TruthMaker(callables.groundTruth, limits: limits, logger: logger) }
      ),
      (
        ExtensionPoint.aggregateSnapshot.rawValue, "\(callables.aggregateSnapshot)",
        { _ = try await SnapshotAggregator(callables.aggregateSnapshot, limits: limits, logger: logger) }
      ),
      (
        ExtensionPoint.rankLeaderboard.rawValue, "\(callables.rankLeaderboard)",
        { _ = try await LeaderboardRanker(of: contract, limits: limits, logger: logger) }
      ),
      (
        ExtensionPoint.buildEmission.rawValue, "\(callables.buildEmission)",
        { _ = try await EmissionBuilder(of: contract, limits: limits, logger: logger) }
      ),
    ]
  }

  /// Horizons that see no move of the feed's candles (decision 6).
  private func horizons(_ contract: CrunchContract) -> [Finding] {
    let feed = settings.seed.feed
    guard feed.kind == .candle, settings.seed.path == nil else { return [] }
    return (contract.schedules ?? []).filter { config in
      let horizon = config.schedule.resolveAfterSeconds
      return config.isActive && horizon != 0 && horizon < feed.granularity.seconds
    }.map { config in
      .misconfigured(
        .contract, "\(config.scopeKey) has a horizon of \(config.schedule.resolveAfterSeconds) s",
        cause: "the feed's candles are \(feed.granularity.seconds) s long: it would never see a move",
        remedy: "take a finer FEED_GRANULARITY or a longer resolve_horizon_seconds")
    }
  }
}
