import Competition
import Logging
import ServiceKit
import Store

/// Finds the answer that PostgreSQL refuses, so that it costs the others nothing.
enum RefusedAnswers {
  /// Stores predictions. Should PostgreSQL refuse them, the batch is halved until the bad one is alone: it fails with the
  /// reason, the others are stored. Answers how many predictions were new.
  /// - Parameter store: stores a part; told whether it is the last one.
  static func storing(
    _ predictions: [Prediction], isLast: Bool = true, logger: Logger,
    by store: @Sendable ([Prediction], _ isLast: Bool) async throws -> Int
  ) async throws -> Int {
    do {
      return try await persistently("store predictions", logger: logger) { try await store(predictions, isLast) }
    } catch let error as StoreError {
      if predictions.count > 1 {
        let middle = predictions.count / 2
        let first = try await storing(Array(predictions[..<middle]), isLast: false, logger: logger, by: store)
        return try await first + storing(Array(predictions[middle...]), isLast: isLast, logger: logger, by: store)
      }
      guard var failed = predictions.first, failed.status == .pending else { throw error }
      logger.error("answer refused", metadata: ["prediction": "\(failed.id)", "cause": "\(error)"])
      failed.status = .failed
      failed.failedReason = "the answer could not be stored: \(error)"
      failed.output = [:]
      return try await storing([failed], isLast: isLast, logger: logger, by: store)
    }
  }
}
