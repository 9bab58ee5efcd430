import Competition

extension ExtensionFunction {
  /// Calls the function with made-up arguments before it gets real ones: twice, so that what is loaded with the first call is
  /// not counted as time of the function.
  /// - Parameters:
  ///   - calls: arguments that differ so much that a function of them answers differently.
  ///   - limit: how long all of them may take.
  ///   - mayBeConstant: whether the same answer to all of them is right.
  ///   - mayRefuse: whether failing is an answer too.
  ///   - isWrong: what was expected of a call, when the answer is none; nil when it is right.
  /// - Throws: when it fails, answers something else, looks like a stub, or takes too long.
  func probe(
    _ calls: [[JSON]], within limit: Duration, mayBeConstant: Bool = false, mayRefuse: Bool = false,
    isWrong: (_ place: Int, _ answer: JSON) -> String?
  ) async throws(CallableFault) {
    var answers: [JSON] = []
    for (place, result) in await results(of: calls).enumerated() {
      switch result {
      case .success(let answer):
        if let expected = isWrong(place, answer) {
          throw CallableFault(
            name, "answers \(answer.text.prefix(200)) to made-up arguments, where \(expected) is expected",
            hint: "correct it")
        }
        if !answer.isNull { answers.append(answer) }
      case .failure(let failure):
        guard mayRefuse else {
          throw CallableFault(name, "fails on made-up arguments: \(failure)", hint: "correct it")
        }
      }
    }
    if !mayBeConstant, answers.count > 1, Set(answers).count == 1 {
      throw CallableFault(
        name, "answers \(answers[0].text.prefix(200)) whatever it is given: it looks like a stub",
        hint: "let the answer depend on the arguments")
    }
    let began = ContinuousClock.now
    _ = await results(of: calls)
    let elapsed = ContinuousClock.now - began
    guard elapsed < limit else {
      throw CallableFault(
        name, "took \(elapsed) for \(calls.count) calls, which may take \(limit)",
        hint: "make it faster or raise SCORE_TIMEOUT_SECONDS")
    }
  }
}

extension PythonLimits {
  /// How long so many of the calls may take of which a thousand go in a batch.
  func limit(ofBatched calls: Int) -> Duration { batchLimit * calls / 1_000 }
  /// How long calls may take that are made one after the other.
  func limit(ofSingle calls: Int) -> Duration { aloneLimit * calls }
}
