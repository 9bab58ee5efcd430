import Competition

/// One look at a node through its report API. What it did not answer is told by the error in its place.
struct Observation: Sendable {
  /// A prediction as `/reports/predictions` shows it.
  struct Prediction: Sendable, Hashable {
    var modelID: String
    var performedAt: Timestamp
    var scoredAt: Timestamp?
    var score: Double?
    /// Why it has no score though it has ended; nil while it waits, and when it has one.
    var failure: String?
  }

  var health: Result<JSON, ReportClientError>
  var models: Result<[String: String], ReportClientError>
  var predictions: Result<[Prediction], ReportClientError>
  var leaderboard: Result<[JSON], ReportClientError>
  var checkpoints: Result<[JSON], ReportClientError>
  /// The newest rounds; nil where predictions are asked for by the clock.
  var rounds: Result<[Round], ReportClientError>?

  /// A round that has its features, as `/tournament/rounds` shows it, with its predictions by status.
  struct Round: Sendable, Hashable {
    var round: JSON
    var counts: [String: Int64]
  }

  /// Seconds of predictions that are looked at.
  private static let window = 900

  /// Rounds that are looked at.
  private static let newestRounds = 5

  /// - Parameters:
  ///   - now: the node's time, about.
  ///   - hasOnlyRounds: whether nothing is asked by the clock.
  init(_ node: ReportClient, now: Timestamp, hasOnlyRounds: Bool = false) async {
    let start = now.adding(seconds: -Self.window).floored(toSeconds: 1).iso8601(.z)
    health = await Self.read { () throws(ReportClientError) in try await node.get("/healthz") }
    models = await Self.read { () throws(ReportClientError) in
      let rows = try await node.get("/reports/models").array ?? []
      return Dictionary(
        rows.compactMap { row in row["model_id"]?.string.map { ($0, row["model_name"]?.string ?? $0) } },
        uniquingKeysWith: { first, _ in first })
    }
    predictions = await Self.read { () throws(ReportClientError) in
      try await node.get("/reports/predictions?start=\(start)").array?.compactMap(Prediction.init) ?? []
    }
    leaderboard = await Self.read { () throws(ReportClientError) in
      try await node.get("/reports/leaderboard").array ?? []
    }
    checkpoints = await Self.read { () throws(ReportClientError) in
      try await node.get("/reports/checkpoints?limit=1").array ?? []
    }
    guard hasOnlyRounds else { return }
    rounds = await Self.read { () throws(ReportClientError) in
      let asked = (try await node.get("/tournament/rounds?limit=100").array ?? []).filter { $0["asked_at"] != .null }
      var seen: [Round] = []
      for round in asked.prefix(Self.newestRounds) {
        let status = try await node.get("/tournament/rounds/\(round["round_id"]?.string ?? "")/status")
        seen.append(Round(round: round, counts: (status["by_status"]?.object ?? [:]).counts))
      }
      return seen
    }
  }

  private static func read<Value>(
    _ body: () async throws(ReportClientError) -> Value
  ) async -> Result<Value, ReportClientError> {
    do { return .success(try await body()) } catch { return .failure(error) }
  }
}

extension Observation.Prediction {
  /// What the API says of a prediction that just has no score yet.
  private static let waiting = "Prediction not scored"

  init?(_ row: JSON) {
    guard let model = row["model_id"]?.string,
      let performed = row["performed_at"]?.string.flatMap(Timestamp.init(iso8601:))
    else { return nil }
    modelID = model
    performedAt = performed
    scoredAt = row["scored_at"]?.string.flatMap(Timestamp.init(iso8601:))
    let reason = row["score_failed_reason"]?.string
    failure = row["score_failed"] == true && reason != Self.waiting ? reason ?? "no reason" : nil
    score = failure == nil ? row["score_value"]?.number : nil
  }
}

extension JSONObject {
  fileprivate var counts: [String: Int64] { reduce(into: [:]) { $0[$1.key] = $1.value.int } }
}
