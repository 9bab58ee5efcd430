import Competition
import Metrics

/// What is counted of predictions that were stored.
enum StoredAnswers {
  /// - Parameter stored: how many of them were new.
  static func count(_ predictions: [Prediction], stored: Int) {
    Counter(label: "coordinator_predictions_total").increment(by: stored)
    guard stored > 0 else { return }
    for (status, ended) in Dictionary(grouping: predictions.filter { $0.status != .pending }, by: \.status) {
      Counter(label: "coordinator_answers_missing_total", dimensions: [("status", status.rawValue)])
        .increment(by: ended.count)
    }
  }
}
