/// What a competition is about: shapes, scope, call, windows, ranking. The values of `default` are the original's.
public struct CrunchContract: Sendable, Hashable {
  public var output: [OutputField]
  /// Fields of inputs, scores and truths.
  public var shapes: ContractShapes
  public var scope: Scope
  public var call: ModelCall
  /// How long a tournament's rounds go.
  public var rounds: RoundLimits
  /// What is asked when; nil: as `SCHEDULED_PREDICTION_CONFIGS_PATH` says.
  public var schedules: [ScheduledPredictionConfig]?
  public var aggregation: Aggregation
  /// Names of metrics that snapshots carry beside the means of scores, in the order of the leaderboard's columns.
  public var metrics: [String]
  /// What computes those of `metrics` that are the competition's own, by their names; the others are built in.
  public var metricFunctions: [String: MetricReference]
  /// How far metrics and the weights of ensembles look back, in seconds.
  public var metricsWindowSeconds: Int
  /// Virtual models that are made of the others.
  public var ensembles: [Ensemble]
  /// How a checkpoint's ranking becomes shares of the reward.
  public var emission: EmissionRule
  /// Who is named on the chain, unless variables of the checkpoint worker say otherwise.
  public var wallets: Wallets
  /// What predictions are scored by, unless `SCORING_FUNCTION` says otherwise.
  public var scoring: CallableReference
  /// The functions at the other extension points.
  public var callables: ContractCallables
  /// What becomes of fields of an answer that `output` does not name.
  public var unknownFields: UnknownFields
  /// Fraction of the horizon that the record standing in for a missing one may lie before the end; 0: any age.
  public var maxGroundTruthStalenessFraction: Double
  /// Longest text of a model's answer that is kept, in bytes.
  public var maxOutputBytes: Int

  public init(
    output: [OutputField] = [OutputField(name: "value", type: .float, defaultValue: .double(0))],
    shapes: ContractShapes = ContractShapes(),
    scope: Scope = Scope(), call: ModelCall = ModelCall(), rounds: RoundLimits = RoundLimits(),
    schedules: [ScheduledPredictionConfig]? = nil,
    aggregation: Aggregation = Aggregation(), metrics: [String] = [],
    metricFunctions: [String: MetricReference] = [:], metricsWindowSeconds: Int = 3_600, ensembles: [Ensemble] = [],
    emission: EmissionRule = .tiers, wallets: Wallets = Wallets(), scoring: CallableReference = .builtin(.directional),
    callables: ContractCallables = ContractCallables(),
    unknownFields: UnknownFields = .keep, maxGroundTruthStalenessFraction: Double = 0.2, maxOutputBytes: Int = 65_536
  ) {
    self.output = output
    self.shapes = shapes
    self.scope = scope
    self.call = call
    self.rounds = rounds
    self.schedules = schedules
    self.aggregation = aggregation
    self.metrics = metrics
    self.metricFunctions = metricFunctions
    self.metricsWindowSeconds = metricsWindowSeconds
    self.ensembles = ensembles
    self.emission = emission
    self.wallets = wallets
    self.scoring = scoring
    self.callables = callables
    self.unknownFields = unknownFields
    self.maxGroundTruthStalenessFraction = maxGroundTruthStalenessFraction
    self.maxOutputBytes = maxOutputBytes
  }

  public static let `default` = CrunchContract()

  /// How far metrics may look back, in seconds.
  public static let metricsWindowRange = 60...2_592_000
}

extension CrunchContract {
  public enum UnknownFields: String, Sendable, CaseIterable {
    /// They stay beside the others, as the original does.
    case keep
    /// The prediction fails.
    case refuse
  }

  /// A field of a model's answer.
  public struct OutputField: Sendable, Hashable {
    public enum FieldType: String, Sendable, CaseIterable { case float, int, string, bool, json }
    public var name: String
    public var type: FieldType
    /// Taken when the answer lacks the field; nil: the field is required.
    public var defaultValue: JSON?
    /// Of a number; nil: any.
    public var minimum: Double?
    public var maximum: Double?
    /// Values that functions of the competition understand: what a probe asks them about. Empty: it makes some up.
    public var examples: [JSON] = []

    public init(name: String, type: FieldType, defaultValue: JSON?) {
      self.name = name
      self.type = type
      self.defaultValue = defaultValue
    }
  }

  /// What a prediction is about where a config's template does not say.
  public struct Scope: Sendable, Hashable {
    public var subject: String
    public var horizonSeconds: Int
    public var stepSeconds: Int

    public init(subject: String = "BTC", horizonSeconds: Int = 60, stepSeconds: Int = 15) {
      self.subject = subject
      self.horizonSeconds = horizonSeconds
      self.stepSeconds = stepSeconds
    }
  }

  /// How models are fed and asked.
  public struct ModelCall: Sendable, Hashable {
    /// A positional argument of the prediction method, taken from the scope.
    public struct Argument: Sendable, Hashable {
      public enum ArgumentType: String, Sendable, CaseIterable {
        case string = "STRING", int = "INT", float = "FLOAT", double = "DOUBLE", json = "JSON"
      }
      public var name: String
      public var type: ArgumentType
      public init(name: String, type: ArgumentType) {
        self.name = name
        self.type = type
      }
    }

    /// How models are fed: `tick` (models derived from `tracker.TrackerBase`) or `feed_update`
    /// (`cruncher.ModelBaseClass`).
    public enum Update: String, Sendable, CaseIterable { case tick, feedUpdate = "feed_update" }

    /// nil: as the base class of the models implies.
    public var updateMethod: String?
    public var method: String
    public var arguments: [Argument]

    public init(
      updateMethod: String? = nil, method: String = "predict",
      arguments: [Argument] = [
        Argument(name: "subject", type: .string), Argument(name: "resolve_horizon_seconds", type: .int),
        Argument(name: "step_seconds", type: .int),
      ]
    ) {
      self.updateMethod = updateMethod
      self.method = method
      self.arguments = arguments
    }

    /// Fields that every scope has, of slots or of rounds; templates of schedules add others.
    static let scopeNames = [
      "subject", "horizon_seconds", "step_seconds", "resolve_horizon_seconds", "source", "kind", "granularity",
      "features", "round_id", "feature_index",
    ]

    /// The update method that a base class implies (decision 27): `cruncher.…` takes `feed_update`, others `tick`.
    public static func updateMethod(forBaseClass name: String) -> String {
      name.hasPrefix("cruncher.") ? "feed_update" : "tick"
    }
  }

  /// How scores become a ranking.
  public struct Aggregation: Sendable, Hashable {
    public struct Window: Sendable, Hashable {
      public var name: String
      /// At least 1.
      public var hours: Int
      public init(name: String, hours: Int) {
        self.name = name
        self.hours = hours
      }
    }

    public enum Direction: String, Sendable, CaseIterable { case ascending = "asc", descending = "desc" }

    /// In the order of the leaderboard's columns.
    public var windows: [Window]
    /// The window, metric or summary field that ranks.
    public var rankingKey: String
    public var direction: Direction
    /// The summary field that windows average.
    public var valueField: String
    /// What decides between models of equal value, the first that differs; last of all the smaller id.
    public var ties: [TieBreaker]

    public init(
      windows: [Window] = [
        Window(name: "score_recent", hours: 24), Window(name: "score_steady", hours: 72),
        Window(name: "score_anchor", hours: 168),
      ],
      rankingKey: String = "score_recent", direction: Direction = .descending, valueField: String = "value",
      ties: [TieBreaker] = TieBreaker.default
    ) {
      self.windows = windows
      self.rankingKey = rankingKey
      self.direction = direction
      self.valueField = valueField
      self.ties = ties
    }
  }
}
