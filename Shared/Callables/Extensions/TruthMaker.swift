import Competition
import Logging

/// Makes the truth of a task from the feed's records, by a function of ours or of the competition.
public struct TruthMaker: Sendable {
  private let builtin: BuiltinTruth
  private let function: ExtensionFunction?
  private let shape: CrunchContract.Shape

  public init(_ builtin: BuiltinTruth = .entryExit) {
    self.builtin = builtin
    function = nil
    shape = []
  }

  /// - Parameter shape: what the contract says that a truth has.
  public init(
    _ reference: ExtensionReference<BuiltinTruth>, shape: CrunchContract.Shape = [], limits: PythonLimits,
    logger: Logger
  ) async throws(CallableFault) {
    function = try await ExtensionFunction.load(
      reference, at: ExtensionPoint.groundTruth.rawValue, limits: limits, logger: logger)
    builtin = if case .builtin(let own) = reference { own } else { .entryExit }
    self.shape = shape
    guard let function else { return }
    // Up a little, up a lot, down.
    let samples = [1.0, 30, -20].map(Self.sample)
    try await function.probe(samples, within: limits.limit(ofSingle: samples.count)) { _, answer in
      answer.isNull || answer.object != nil ? nil : "a dictionary or None"
    }
  }

  /// Made-up arguments.
  /// - Parameter step: by how much the price of 100 moves in a minute.
  private static func sample(_ step: Double) -> [JSON] {
    let key = FeedKey(source: "probe", subject: "BTC", kind: .candle, granularity: "1m")
    let records = (0..<(step > 1 ? 4 : 3)).map { minute in
      let price = 100 + Double(minute) * step
      return FeedRecord(
        key: key, eventTime: Timestamp(seconds: 1_700_000_000 + Int64(minute) * 60),
        ingestedTime: Timestamp(seconds: 1_700_000_060 + Int64(minute) * 60),
        values: [
          "open": .double(price), "high": .double(price + 1), "low": .double(price - 1), "close": .double(price),
          "volume": 10,
        ], meta: [:])
    }
    let task = Task(
      scope: ["subject": "BTC", "horizon_seconds": 120, "step_seconds": 15], scopeKey: "BTC-120",
      performedAt: records[0].eventTime, resolvableAt: records[records.count - 1].eventTime)
    return arguments(records, task)
  }

  /// Whether it is one of ours, which say the same of the same records whenever they are asked.
  public var isBuiltin: Bool { function == nil }

  /// What the truth is about.
  public struct Task: Sendable, Hashable {
    public var scope: JSONObject
    public var scopeKey: String
    public var performedAt: Timestamp
    public var resolvableAt: Timestamp

    public init(scope: JSONObject, scopeKey: String, performedAt: Timestamp, resolvableAt: Timestamp) {
      self.scope = scope
      self.scopeKey = scopeKey
      self.performedAt = performedAt
      self.resolvableAt = resolvableAt
    }
  }

  /// - Parameter records: closed ones, from the entry's to the exit's.
  /// - Returns: nil when the records tell no truth.
  /// - Throws: `ExtensionFailure`
  public func value(of records: [FeedRecord], _ task: Task) async throws -> JSONObject? {
    guard let function else { return try builtin.value(of: records).map(checked) }
    let answer = try await function.result(of: Self.arguments(records, task))
    if answer.isNull { return nil }
    guard let value = answer.object else { throw ExtensionFailure("\(function.name) gave no dictionary") }
    return try checked(value)
  }

  private func checked(_ value: JSONObject) throws(ExtensionFailure) -> JSONObject {
    do { return try shape.checked(value, as: "ground truth") } catch { throw ExtensionFailure(error.reason) }
  }

  private static func arguments(_ records: [FeedRecord], _ task: Task) -> [JSON] {
    [
      .array(
        records.map { record in
          .object([
            "source": .string(record.key.source), "subject": .string(record.key.subject),
            "kind": .string(record.key.kind.rawValue), "granularity": .string(record.key.granularity),
            "ts_event": .string(record.eventTime.iso8601(.offset)),
            "ts_ingested": .string(record.ingestedTime.iso8601(.offset)), "values": .object(record.values),
            "meta": .object(record.meta),
          ])
        }),
      .object([
        "scope": .object(task.scope), "scope_key": .string(task.scopeKey),
        "performed_at": .string(task.performedAt.iso8601(.offset)),
        "resolvable_at": .string(task.resolvableAt.iso8601(.offset)),
      ]),
    ]
  }
}
