import ArgumentParser
import Competition

/// Where a function that is tried would be called: the scoring function, an extension point, or a figure.
enum TrialPoint: Sendable, Hashable, CaseIterable, ExpressibleByArgument {
  case scoring
  case step(ExtensionPoint)
  case figure(FigurePoint)

  static var allCases: [TrialPoint] {
    [.scoring] + ExtensionPoint.allCases.map(step) + FigurePoint.allCases.map(figure)
  }

  static var allValueStrings: [String] { allCases.map(\.name) }

  init?(argument: String) {
    guard let point = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = point
  }

  var name: String {
    switch self {
    case .scoring: "scoring"
    case .step(let point): point.rawValue
    case .figure(let point): point.rawValue
    }
  }

  /// How a function in Python is called there.
  var signature: String {
    switch self {
    case .scoring: "(prediction, ground_truth) -> dict"
    case .step(let point): point.signature
    case .figure(let point): point.signature
    }
  }
}
