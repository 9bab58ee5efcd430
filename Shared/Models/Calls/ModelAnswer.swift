import Competition

/// What came of asking one model.
public struct ModelAnswer: Sendable {
  public enum Outcome: Sendable, Hashable {
    /// What the method returned; may hold NaN, which the contract's check refuses.
    case value(JSON)
    /// The model or its node failed; the reason is for people.
    case failed(String)
    /// No answer by the deadline of the fan-out.
    case late
  }

  public var modelID: String
  public var outcome: Outcome
  /// From the start of the call to the answer; 0 when the model was not called.
  public var milliseconds: Double
}

/// A method to call on models, all at once.
public struct PredictCall: Sendable {
  public var method: String
  public var arguments: [EncodedArgument]
  /// From now until answers stop counting.
  public var deadline: Duration
  public var modelIDs: [String]

  public init(method: String, arguments: [EncodedArgument], deadline: Duration, modelIDs: [String]) {
    self.method = method
    self.arguments = arguments
    self.deadline = deadline
    self.modelIDs = modelIDs
  }
}

/// Collects the answers of a fan-out: one per model, the first that comes; at the deadline those that are missing are late.
actor FanOut {
  private var waiting: Set<String>
  private let answers: AsyncStream<ModelAnswer>.Continuation
  private var isOver = false

  init(_ models: [String], _ answers: AsyncStream<ModelAnswer>.Continuation) {
    waiting = Set(models)
    self.answers = answers
    if waiting.isEmpty { answers.finish() }
  }

  func deliver(_ answer: ModelAnswer) {
    guard waiting.remove(answer.modelID) != nil else { return }
    answers.yield(answer)
    if waiting.isEmpty { answers.finish() }
  }

  func expire() {
    isOver = true
    for model in waiting { answers.yield(ModelAnswer(modelID: model, outcome: .late, milliseconds: 0)) }
    waiting = []
    answers.finish()
  }

  /// Whether an answer of this model still counts.
  func wants(_ model: String) -> Bool { waiting.contains(model) }
}
