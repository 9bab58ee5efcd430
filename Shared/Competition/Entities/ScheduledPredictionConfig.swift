/// When models are asked, and what about.
public struct ScheduledPredictionConfig: Sendable, Hashable {
  /// `CFG_001`, …; an id never changes its meaning.
  public var id: String
  public var scopeKey: String
  /// Set over the contract's scope defaults when models are called.
  public var scopeTemplate: JSONObject
  public var schedule: Schedule
  public var isActive: Bool
  /// Configs due together fire in ascending order.
  public var order: Int
  public var meta: JSONObject

  public struct Schedule: Sendable, Hashable {
    /// At least 1.
    public var predictionIntervalSeconds: Int
    /// The horizon, in seconds; 0: the input itself is the truth. `resolve_after_seconds` in 0.1.1,
    /// `resolve_horizon_seconds` in 0.1.101.
    public var resolveAfterSeconds: Int

    public init(predictionIntervalSeconds: Int = 60, resolveAfterSeconds: Int = 0) {
      self.predictionIntervalSeconds = predictionIntervalSeconds
      self.resolveAfterSeconds = resolveAfterSeconds
    }
  }

  public init(
    id: String, scopeKey: String, scopeTemplate: JSONObject = [:], schedule: Schedule = Schedule(),
    isActive: Bool = true, order: Int = 0, meta: JSONObject = [:]
  ) {
    self.id = id
    self.scopeKey = scopeKey
    self.scopeTemplate = scopeTemplate
    self.schedule = schedule
    self.isActive = isActive
    self.order = order
    self.meta = meta
  }

  /// The subject that the template names; nil: each subject of the feed fires this config.
  public var templateSubject: String? { scopeTemplate["subject"]?.string }
}
