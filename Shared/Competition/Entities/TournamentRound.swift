/// A round of a tournament: features that all models are asked about once, each row of them a prediction a model, and the
/// truth that somebody posts later.
public struct TournamentRound: Sendable, Hashable {
  public enum State: String, Sendable, CaseIterable {
    /// It waits for its features.
    case open
    /// Models are asked; answers count until the deadline.
    case asking
    /// All models were heard or given up; it waits for the truth, or for its scores.
    case answered
    /// Every prediction has ended.
    case scored
    /// Nothing more happens to it; `closedReason` says why.
    case closed
  }

  public var id: String
  public var state: State
  public var openedBy: String
  public var openedAt: Timestamp
  /// How long answers count, and how long the truth may take, from when the features are asked about.
  public var limits: RoundLimits
  /// The command that brought the features.
  public var inferenceID: String?
  /// The command that brought the truth.
  public var truthID: String?
  public var inputID: String?
  public var featureCount: Int
  /// The models that were asked.
  public var modelIDs: [String]
  public var contractID: Int64?
  /// Who asked them.
  public var worker: String
  public var askedAt: Timestamp?
  /// Answers count until then.
  public var deadlineAt: Timestamp?
  /// The truth may come until then.
  public var truthUntil: Timestamp?
  public var answeredAt: Timestamp?
  /// When the truth came.
  public var truthAt: Timestamp?
  /// Of how many rows, from the first on, the predictions are due by the truth.
  public var dueRows: Int
  public var scoredAt: Timestamp?
  public var closedAt: Timestamp?
  public var closedReason: String?

  public init(
    id: String, state: State = .open, openedBy: String, openedAt: Timestamp, limits: RoundLimits = RoundLimits()
  ) {
    self.id = id
    self.state = state
    self.openedBy = openedBy
    self.openedAt = openedAt
    self.limits = limits
    featureCount = 0
    dueRows = 0
    modelIDs = []
    worker = ""
  }

  /// Letters, digits, `-` and `_`, at most 100: ids are made of it.
  public static func isName(_ text: String) -> Bool {
    (1...100).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  /// What its predictions about one row have in common.
  public static func scopeKey(_ id: String, row: Int) -> String { "\(id):\(row)" }

  /// What a model is asked about a row.
  public static func scope(_ id: String, row: Int, features: JSONObject) -> JSONObject {
    ["round_id": .string(id), "feature_index": JSON(row), "features": .object(features)]
  }
}
