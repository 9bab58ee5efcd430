import Competition

/// What the Python side's frames mean.
enum PythonAnswer {
  /// Why the process cannot call the function; nil when it can.
  static func refusal(in answer: [UInt8]) -> String? {
    do {
      return try JSON(parsing: answer)["refused"]?.string
    } catch {
      return "the Python process answered no JSON"
    }
  }

  /// One outcome per prediction that was asked about.
  static func outcomes(in answer: JSON, count: Int) throws -> [ScoringOutcome] {
    guard let scores = answer["scores"]?.array, scores.count == count else {
      throw PythonFailure.garbled("another number of results than \(count)")
    }
    var outcomes = scores.map { score in
      score.object.map(ScoringOutcome.init) ?? .failed("the function raised", kind: .raised)
    }
    for failure in answer["failed"]?.array ?? [] {
      guard let parts = failure.array, parts.count == 3, let place = parts[0].int.map(Int.init),
        outcomes.indices.contains(place)
      else { continue }
      outcomes[place] = .failed(
        parts[2].string ?? "the function raised", kind: parts[1] == "no_score" ? .badOutput : .raised)
    }
    return outcomes
  }
}
