/// How long a round of a tournament goes, unless whoever opens it says otherwise. Both begin when its features are asked
/// about.
public struct RoundLimits: Sendable, Hashable {
  /// Answers count for so many seconds.
  public var answerSeconds: Double
  /// The truth may be posted for so many seconds; after that the round ends without.
  public var truthSeconds: Double

  public static let answerRange = 0.1...86_400.0
  public static let truthRange = 1...315_360_000.0

  public init(answerSeconds: Double = 60, truthSeconds: Double = 2_592_000) {
    self.answerSeconds = answerSeconds
    self.truthSeconds = truthSeconds
  }

  /// Why no round can have these limits; nil when one can.
  public var whyImpossible: String? {
    guard answerSeconds > truthSeconds else { return nil }
    return "answer_seconds of \(answerSeconds) is more than truth_seconds of \(truthSeconds): rounds would end before "
      + "their answers are in"
  }
}

extension CrunchContract.ModelCall {
  /// How models are asked about a row of a round: by the same method, with the row's features alone unless one of the
  /// arguments is called `features`.
  public var ofRound: CrunchContract.ModelCall {
    guard !arguments.contains(where: { $0.name == "features" }) else { return self }
    var call = self
    call.arguments = [Argument(name: "features", type: .json)]
    return call
  }
}

extension CrunchContract {
  /// Whether nothing is asked by the clock: then rounds are all there is, and no feed is needed.
  public var hasOnlyRounds: Bool { schedules.map { !$0.contains(where: \.isActive) } ?? false }
}
