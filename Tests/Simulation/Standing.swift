import Competition

/// All that a world has come to, as text: equal worlds have equal bytes.
struct Standing: Sendable, Equatable {
  var predictions: [String]
  var snapshots: [String]
  var leaderboard: [String]
  /// Those of the time in which something happens; how many follow is a matter of patience.
  var checkpoints: [String]

  init(_ store: MemoryStore) {
    let scores = store.scores
    predictions = store.predictions.map { prediction in
      let score = scores[prediction.id].map { "\(JSON.object($0.score.result).text) in \($0.periodStart)" }
      return "\(prediction.id) \(prediction.status.rawValue) \(prediction.failedReason ?? "") \(score ?? "no score")"
    }
    let sealed = store.storedSnapshots.filter { !$0.isProvisional }.map(\.snapshot)
    snapshots = sealed.map { snapshot in
      "\(snapshot.id) \(snapshot.periodStart) \(snapshot.periodEnd) \(snapshot.predictionCount) "
        + JSON.object(snapshot.resultSummary).text
    }
    leaderboard = store.newestLeaderboard?.entries.map { JSON.object($0).text } ?? []
    checkpoints = store.checkpoints.filter { $0.periodEnd <= Scenario.endTime }.map { checkpoint in
      "\(checkpoint.id) \(checkpoint.periodStart) \(checkpoint.periodEnd) "
        + JSON.array(checkpoint.entries).text + JSON.object(checkpoint.meta).text
    }
  }

  /// What differs, in a few words.
  func difference(from other: Standing) -> String {
    func lines(_ ours: [String], _ theirs: [String]) -> [String] {
      Set(ours).symmetricDifference(theirs).sorted()
    }
    return
      (lines(predictions, other.predictions) + lines(snapshots, other.snapshots) + lines(leaderboard, other.leaderboard)
      + lines(checkpoints, other.checkpoints)).prefix(8).joined(separator: "\n    ")
  }
}
