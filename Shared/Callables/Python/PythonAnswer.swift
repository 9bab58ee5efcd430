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
  static func outcomes(in answer: [UInt8], count: Int) throws -> [ScoringOutcome] {
    // Python writes NaN where JSON has none; the result that holds it fails alone.
    guard let results = try JSON(parsing: answer, nonFinite: .accept).array, results.count == count else {
      throw PythonFailure.garbled("another number of results than \(count)")
    }
    return results.map { result in
      if let score = result["score"]?.object { return ScoringOutcome(result: score) }
      if let reason = result["no_score"]?.string { return .failed(reason, kind: .badOutput) }
      return .failed(result["error"]?.string ?? "the function raised", kind: .raised)
    }
  }
}
