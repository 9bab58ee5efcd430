import Callables
import Competition
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
    do {
      _ = try await settings.score.scoring.load(logger: Terminal.silence)
      findings.append(
        .ok(
          .contract,
          "\(path ?? "the default contract") holds; digest \(contract.digest.prefix(12)); "
            + "\(settings.score.scoring.reference) scores"))
    } catch {
      findings.append(
        .misconfigured(
          .contract, "\(settings.score.scoring.reference) cannot score", cause: "\(error)",
          remedy: "correct the function or its name; `coordinator callable test` tries it alone"))
    }
    return findings
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
