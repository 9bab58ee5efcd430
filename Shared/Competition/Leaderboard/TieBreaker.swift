/// What decides between models of equal value.
public enum TieBreaker: String, Sendable, Hashable, CaseIterable {
  /// The model with more predictions first.
  case predictionCount = "prediction_count"
  /// The model that the coordinator knew first.
  case createdAt = "created_at"
  /// The smaller id.
  case modelID = "model_id"

  public static let `default`: [TieBreaker] = [.predictionCount, .createdAt, .modelID]
}

extension [TieBreaker] {
  /// Whether the left model goes before the right one; the same everywhere.
  func precedes(_ left: Model, count leftCount: Int, _ right: Model, count rightCount: Int) -> Bool {
    for breaker in self {
      switch breaker {
      case .predictionCount where leftCount != rightCount: return leftCount > rightCount
      case .createdAt where left.createdAt != right.createdAt: return left.createdAt < right.createdAt
      case .modelID where left.id != right.id: return left.id < right.id
      default: continue
      }
    }
    return left.id < right.id
  }
}
