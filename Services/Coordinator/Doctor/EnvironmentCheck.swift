import Competition
import Diagnosis
import ServiceKit

/// Variables that are wrong, misspelt, without effect, or that contradict each other.
struct EnvironmentCheck: Check {
  let settings: NodeSettings
  var area: Finding.Area { .environment }

  private var environment: [String: String] { settings.reader.environment }

  func findings() -> [Finding] {
    let wrong = refused() + unknown() + contradictions()
    let set = settings.unique.count { $0.source != nil }
    return wrong + (wrong.contains(where: \.isWrong) ? [] : [.ok(.environment, "\(set) variables are set and right")])
  }

  /// Problems of the contract are the contract's check to tell.
  private func refused() -> [Finding] {
    settings.problems.filter { $0.name != "CRUNCH_CONTRACT" }.map { problem in
      .misconfigured(
        .environment, "\(problem.name) is wrong", cause: "\(problem)",
        remedy: "set \(problem.name) as `coordinator config show` describes it")
    }
  }

  /// Variables that look like ours and are not.
  private func unknown() -> [Finding] {
    let known = settings.reader.knownNames
    return environment.keys.sorted().compactMap { name in
      guard !known.contains(name), !name.hasPrefix("FEED_OPT_"), environment[name]?.isEmpty == false else { return nil }
      if let unread = UnreadVariable.all[name] { return unread.finding(name) }
      guard name.count >= 7, let meant = NearestName.of(name, among: known.sorted(), within: 2) else { return nil }
      return .problem(
        .environment, "\(name) is set, and nobody reads it", cause: "it looks like \(meant), misspelt",
        remedy: "call it \(meant), or unset it")
    }
  }

  private func contradictions() -> [Finding] { doubled() + silenced() + spans() }

  /// The same thing said twice, differently.
  private func doubled() -> [Finding] {
    let names = Set(settings.unique.map(\.name))
    return settings.unique.flatMap { setting -> [Finding] in
      guard let source = setting.source else { return [] }
      var others = setting.aliases.filter { !names.contains($0) }
      if setting.isSecret { others += ([setting.name] + others).map { $0 + "_FILE" } }
      return others.filter { $0 != source }.compactMap { other in
        guard let text = environment[other], !text.isEmpty, text != environment[source] else { return nil }
        return .problem(
          .environment, "\(source) and \(other) are both set", cause: "they say the same thing; \(source) holds",
          remedy: "unset \(other)")
      }
    }
  }

  /// Variables that another one silences.
  private func silenced() -> [Finding] {
    func isSet(_ name: String) -> Bool { environment[name]?.isEmpty == false }
    var findings: [Finding] = []
    func add(_ winner: String, _ losers: [String], _ remedy: String) {
      let silent = losers.filter(isSet)
      guard !silent.isEmpty else { return }
      findings.append(
        .problem(
          .environment, "\(winner) makes \(silent.joined(separator: ", ")) ineffective",
          cause: "\(winner) goes before", remedy: remedy))
    }
    if isSet("DATABASE_URL") || isSet("DATABASE_URL_FILE") {
      add(
        "DATABASE_URL", ["POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_DB"],
        "unset either DATABASE_URL or the POSTGRES_ variables")
    }
    if settings.seed.path != nil, settings.seed.contract.schedules != nil {
      findings.append(
        .note(
          .environment, "SCHEDULED_PREDICTION_CONFIGS_PATH goes before the contract's schedules",
          remedy: "unset it to ask models as the contract says"))
    }
    if settings.report.readsNeedKey, settings.report.apiKey == nil {
      findings.append(
        .problem(
          .environment, "API_READ_AUTH is set without API_KEY", cause: "without a key reading is open to all",
          remedy: "set API_KEY or API_KEY_FILE"))
    }
    return findings
  }

  /// Times and ports that do not go together.
  private func spans() -> [Finding] {
    var findings: [Finding] = []
    if let deadline = settings.predict.predictDeadlineSeconds, deadline > settings.predict.modelTimeoutSeconds {
      findings.append(
        .problem(
          .environment, "PREDICT_DEADLINE_SECONDS is longer than MODEL_RUNNER_TIMEOUT_SECONDS",
          cause: "calls end after \(settings.predict.modelTimeoutSeconds) s, before their answers stop counting",
          remedy: "raise MODEL_RUNNER_TIMEOUT_SECONDS to \(deadline) at least"))
    }
    if settings.checkpoint.intervalSeconds < settings.score.bucketSeconds {
      findings.append(
        .problem(
          .environment, "CHECKPOINT_INTERVAL_SECONDS is shorter than SCORE_INTERVAL_SECONDS",
          cause: "a checkpoint counts whole buckets of \(settings.score.bucketSeconds) s",
          remedy: "raise CHECKPOINT_INTERVAL_SECONDS to a multiple of SCORE_INTERVAL_SECONDS"))
    }
    if settings.common.healthPort != 0, settings.common.healthPort == settings.report.port {
      findings.append(
        .problem(
          .environment, "HEALTH_PORT and REPORT_PORT are both \(settings.report.port)",
          cause: "a report worker cannot listen twice on one port", remedy: "choose another HEALTH_PORT, or 0"))
    }
    return findings
  }
}
