/// A value that two contracts have differently, and what that means for a competition that runs.
public struct ContractChange: Sendable, Hashable {
  /// Where in the contract, with dots between, such as `aggregation.windows.score_day`.
  public var path: String
  /// nil where there was none.
  public var before: JSON?
  /// nil where there is none any more.
  public var after: JSON?

  /// From when on it holds, and for what.
  public var effect: String {
    let parts = path.split(separator: ".").map(String.init)
    let isOfExamples = parts.count > 2 && parts.last == "examples"
    switch (parts.first ?? "", parts.count > 1 ? parts[1] : "") {
    case ("output", _) where isOfExamples, ("ground_truth", _) where isOfExamples:
      return "functions of your own are probed with it at the next start; nothing else looks at it"
    case ("raw_input", _), ("inference_input", _), ("limits", "unknown_raw_input_fields"),
      ("limits", "unknown_inference_input_fields"):
      return "what models are shown is checked by it after the predict worker's restart; what does not fit is not shown"
    case ("score", _), ("ground_truth", _), ("limits", "unknown_score_fields"),
      ("limits", "unknown_ground_truth_fields"):
      return
        "scores and truths of predictions that are asked for from now on are checked by it; open ones by the old one"
    case ("output", _), ("limits", "output_bytes"), ("limits", "unknown_output_fields"):
      return "answers to slots after the predict worker's restart are checked by it; stored ones stay as they are"
    case ("schedules", _):
      return "from the next slot on, once `coordinator db init` has stored it; a changed config gets a new id"
    case ("rounds", _):
      return "rounds that are opened from now on"
    case ("scope", _), ("call", _):
      return "models are asked this way from the next slot on"
    case ("aggregation", "metrics_window_seconds"), ("metrics", _), ("ensembles", _),
      ("callables", "aggregate_snapshot"):
      return "buckets that begin after the restart; sealed ones and those that are open keep theirs"
    case ("callables", "rank_leaderboard"):
      return "the leaderboard at once; checkpoints rank and pay by the ranking key, whatever orders the leaderboard"
    case ("aggregation", _):
      return "the leaderboard at once, over the snapshots that are there, and the next checkpoint"
    case ("emission", _), ("on_chain", _), ("callables", "build_emission"):
      return "the next checkpoint that is made, also for the part of its period that has passed"
    case ("callables", "scoring"), ("callables", "resolve_ground_truth"), ("limits", "ground_truth_staleness"):
      return "predictions that are asked for from now on; open ones are scored by the old one"
    case ("callables", _):
      return "from the next slot on"
    default: return "from the restart on"
    }
  }
}

extension CrunchContract {
  /// What is different in another contract, in the order of their sections.
  public func changes(to other: CrunchContract) -> [ContractChange] {
    Self.changes("", json, other.json)
  }

  private static func changes(_ path: String, _ before: JSON?, _ after: JSON?) -> [ContractChange] {
    guard before != after else { return [] }
    guard let old = before?.object, let new = after?.object else {
      return [ContractChange(path: path, before: before, after: after)]
    }
    func below(_ key: String) -> String { path.isEmpty ? key : path + "." + key }
    let keys = old.keys + new.keys.filter { old[$0] == nil }
    let found = keys.flatMap { changes(below($0), old[$0], new[$0]) }
    // The same members in another order: of fields and windows the order counts.
    return found.isEmpty ? [ContractChange(path: path, before: before, after: after)] : found
  }
}
