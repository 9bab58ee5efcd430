import Foundation

/// Advice that follows from a model's diversity. How each text begins is part of the report API.
public enum DiversityGuidance: Sendable, Hashable {
  case highCorrelation(Double)
  case veryHighEnsembleCorrelation(Double)
  case negativeContribution(Double)
  case positiveContribution(Double)
  case uniqueForecast
  case notEnoughData

  public var text: String {
    switch self {
    case .highCorrelation(let value):
      String(
        format: "High correlation (%.2f): other models say much the same. Other features or methods would tell more.",
        value)
    case .veryHighEnsembleCorrelation(let value):
      String(format: "Very high ensemble correlation (%.2f): the ensemble knows already what the model says.", value)
    case .negativeContribution(let value):
      String(
        format:
          "Negative contribution (%.4f): without the model the ensemble does better, and shares by contribution shrink.",
        value)
    case .positiveContribution(let value):
      String(format: "Positive contribution (%.4f): with the model the ensemble does better.", value)
    case .uniqueForecast:
      "Low correlation + positive IC: the model is right where others are not, which an ensemble gains most from."
    case .notEnoughData:
      "Not enough data: there will be advice when the model has predicted for longer."
    }
  }
}

extension Diversity {
  /// All that applies, in a fixed order; never empty.
  public var guidance: [DiversityGuidance] {
    var guidance: [DiversityGuidance] = []
    if let modelCorrelation, modelCorrelation > 0.7 { guidance.append(.highCorrelation(modelCorrelation)) }
    if let ensembleCorrelation, ensembleCorrelation > 0.9 {
      guidance.append(.veryHighEnsembleCorrelation(ensembleCorrelation))
    }
    if let contribution, contribution < 0 { guidance.append(.negativeContribution(contribution)) }
    if let contribution, contribution > 0.01 { guidance.append(.positiveContribution(contribution)) }
    if let modelCorrelation, let informationCoefficient, modelCorrelation < 0.3,
      informationCoefficient > 0
    {
      guidance.append(.uniqueForecast)
    }
    return guidance.isEmpty ? [.notEnoughData] : guidance
  }
}
