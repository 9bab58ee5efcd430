import Competition

/// What an exchange says of its symbols. A question is dear: feeds that begin together share one.
actor SymbolList {
  /// Seconds for which an answer counts.
  private static let freshSeconds = 60.0

  private let ask: @Sendable () async throws -> [String: String]?
  private var answer: (statuses: [String: String]?, at: Timestamp)?
  private var asking: Task<[String: String]?, any Error>?

  /// - Parameter ask: asks for the status of all symbols; nil: the exchange does not say.
  init(_ ask: @Sendable @escaping () async throws -> [String: String]?) { self.ask = ask }

  /// The status of all symbols by name, as `TRADING`; nil when the exchange does not say.
  func statuses(now: Timestamp) async throws -> [String: String]? {
    if let answer, abs(now.seconds(since: answer.at)) < Self.freshSeconds { return answer.statuses }
    let task = asking ?? Task { [ask] in try await ask() }
    asking = task
    defer { if asking == task { asking = nil } }
    let statuses = try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
    answer = (statuses, now)
    return statuses
  }
}
