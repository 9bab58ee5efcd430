public struct OrchestratorSettings: Sendable {
  public var host: String
  public var port: Int
  /// Host under which models are announced.
  public var advertisedHost: String
  public var crunchID: String
  public var modelsDirectory: String
  public var python: String

  public init(_ reader: inout SettingsReader) {
    host = reader.value(
      .text("MODEL_RUNNER_NODE_HOST", default: "127.0.0.1", example: "0.0.0.0", "Where the orchestrator listens."))
    port = reader.value(
      .integer("MODEL_RUNNER_NODE_PORT", default: 9091, in: 0...65_535, "Port of the orchestrator; 0: any free one."))
    advertisedHost = reader.value(
      .text(
        "MODEL_ADVERTISED_HOST", default: "127.0.0.1", example: "model-orchestrator",
        "Host under which models are announced, as predict workers reach it; with another than a loopback one models listen "
          + "on all interfaces."))
    crunchID = reader.value(
      .text("CRUNCH_ID", default: "starter-challenge", example: "my-crunch", "Id of the competition."))
    modelsDirectory = reader.value(
      .text("MODELS_DIR", default: "models", example: "Tests/Examples/models", "Folder with a folder for each model."))
    python = reader.value(
      .text(
        "MODEL_PYTHON", default: "python3", example: ".run/venv/bin/python",
        "Python with crunch-model-runner installed."))
  }
}
