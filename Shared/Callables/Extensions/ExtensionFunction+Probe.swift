import Competition

extension ExtensionFunction {
  /// Calls the function with made-up arguments before it gets real ones.
  /// - Parameter isWrong: what was expected, when the answer is none; nil when it is right.
  /// - Throws: when it fails, answers something else, or takes longer than its limits allow.
  func probe(
    _ arguments: [JSON], isWrong: (JSON) -> String?
  ) async throws(CallableFault) -> JSON {
    let answer: JSON
    do { answer = try await result(of: arguments) } catch {
      throw CallableFault(name, "fails on made-up arguments: \(error)", hint: "correct it")
    }
    if let expected = isWrong(answer) {
      throw CallableFault(
        name, "answers \(answer.text.prefix(200)) to made-up arguments, where \(expected) is expected",
        hint: "correct it")
    }
    return answer
  }
}
