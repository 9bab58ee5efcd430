import Callables
import Competition

public struct PredictSettings: Sendable {
  public var feed: FeedSettings
  public var modelHost: String
  public var modelPort: Int
  public var modelTimeoutSeconds: Double
  public var baseClassname: String
  public var contract: CrunchContract
  public var python: PythonLimits
  /// How models are fed: as the contract says, else as their base class implies.
  public var updateMethod: String
  /// nil: a tenth of the horizon, at least 1 s.
  public var predictDeadlineSeconds: Double?

  public init(_ reader: inout SettingsReader) {
    feed = FeedSettings(&reader)
    modelHost = reader.value(
      .text(
        "MODEL_RUNNER_NODE_HOST", default: "model-orchestrator", example: "127.0.0.1", "Host of the model orchestrator."
      ))
    modelPort = reader.value(
      .integer("MODEL_RUNNER_NODE_PORT", default: 9091, in: 1...65_535, "Port of the model orchestrator."))
    modelTimeoutSeconds = reader.value(
      .number(
        "MODEL_RUNNER_TIMEOUT_SECONDS", default: 60, atLeast: 0.01, atMost: 86_400,
        "Longest that one call of a model may take."))
    baseClassname = reader.value(
      .text(
        "MODEL_BASE_CLASSNAME", default: "tracker.TrackerBase", example: "cruncher.ModelBaseClass",
        "Class that models derive from; its module decides between tick and feed_update."))
    contract = reader.contract()
    // An answer must be looked at before it is late.
    python = reader.python(timeoutSeconds: 10)
    updateMethod = contract.call.updateMethod ?? CrunchContract.ModelCall.updateMethod(forBaseClass: baseClassname)
    predictDeadlineSeconds = reader.value(
      .optionalNumber(
        "PREDICT_DEADLINE_SECONDS", atLeast: 0.01, example: "5",
        "Until when after dispatch an answer counts; without it a tenth of the horizon, at least 1 s."))
    for name in ["SECURE_CERT_DIR", "GATEWAY_CERT_DIR"] {
      if let value = reader.environment[name], !value.isEmpty {
        reader.refuse(
          name, value: value, expected: "no value: this build calls models without TLS", example: "")
      }
    }
  }
}
