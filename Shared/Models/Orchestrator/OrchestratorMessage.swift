import Competition

/// A running model as the orchestrator announces it.
public struct ModelRun: Sendable, Hashable {
  public enum State: String, Sendable { case running = "RUNNING", stopped = "STOPPED", recovering = "RECOVERING" }

  public var deploymentID: String
  public var modelID: String
  public var name: String
  /// The participant.
  public var cruncherID: String
  public var cruncherName: String
  public var walletPubkey: String?
  public var hotkey: String?
  public var state: State
  /// An address or a host name, as it came.
  public var host: String
  public var port: Int

  public init(
    deploymentID: String, modelID: String, name: String, cruncherID: String, cruncherName: String,
    walletPubkey: String? = nil, hotkey: String? = nil, state: State, host: String, port: Int
  ) {
    self.deploymentID = deploymentID
    self.modelID = modelID
    self.name = name
    self.cruncherID = cruncherID
    self.cruncherName = cruncherName
    self.walletPubkey = walletPubkey
    self.hotkey = hotkey
    self.state = state
    self.host = host
    self.port = port
  }
}

/// Why a model is reported to the orchestrator.
public enum FailureCode: String, Sendable {
  case connectionFailed = "CONNECTION_FAILED"
  case badImplementation = "BAD_IMPLEMENTATION"
  case multipleFailed = "MULTIPLE_FAILED"
  case multipleTimeout = "MULTIPLE_TIMEOUT"
}

/// A model that misbehaved. The orchestrator stops it.
public struct FailureReport: Sendable, Hashable {
  public var modelID: String
  public var code: String
  public var reason: String?
  /// Exactly as the orchestrator announced it, or it ignores the report.
  public var host: String

  public init(modelID: String, code: String, reason: String?, host: String) {
    self.modelID = modelID
    self.code = code
    self.reason = reason
    self.host = host
  }
}

/// The messages between coordinator and orchestrator: text frames, one JSON object `{event, data: […]}` each.
public enum OrchestratorMessage: Sendable, Hashable {
  /// All running models; the first message on a connection.
  case initial([ModelRun])
  /// Models whose state, address or infos changed.
  case update([ModelRun])
  case reportFailure([FailureReport])

  /// - Throws: `OrchestratorMessageError` for anything else. Elements that are incomplete are left out and named by
  ///   `skipped`.
  public init(parsing text: String, skipped: (String) -> Void = { _ in }) throws(OrchestratorMessageError) {
    let json: JSON
    do { json = try JSON(parsing: text) } catch {
      throw OrchestratorMessageError(reason: "the message is no JSON: \(error)")
    }
    guard let event = json["event"]?.string, let data = json["data"]?.array else {
      throw OrchestratorMessageError(reason: "the message has no event or no list of data")
    }
    switch event {
    case "init": self = .initial(data.compactMap { ModelRun($0, skipped: skipped) })
    case "update": self = .update(data.compactMap { ModelRun($0, skipped: skipped) })
    case "report_failure": self = .reportFailure(data.compactMap(FailureReport.init))
    default: throw OrchestratorMessageError(reason: "the event \(event.prefix(40)) is not known")
    }
  }

  public var text: String {
    switch self {
    case .initial(let runs): Self.text("init", runs.map(\.json))
    case .update(let runs): Self.text("update", runs.map(\.json))
    case .reportFailure(let reports): Self.text("report_failure", reports.map(\.json))
    }
  }

  private static func text(_ event: String, _ data: [JSON]) -> String {
    JSON.object(["event": .string(event), "data": .array(data)]).text
  }
}

public struct OrchestratorMessageError: Error, Sendable, Hashable, CustomStringConvertible {
  public var reason: String
  public var description: String { reason }
}

extension ModelRun {
  init?(_ json: JSON, skipped: (String) -> Void) {
    let infos = json["infos"]
    // Local orchestrators send the port as a text.
    let port = json["port"].flatMap { $0.int ?? $0.string.flatMap { Int64($0) } }
    guard let deployment = json["deployment_id"]?.string,
      let model = json["model_id"].flatMap({ $0.string ?? $0.int.map(String.init) }),
      let state = json["state"]?.string, let host = json["ip"]?.string, let port, (1...65_535).contains(port)
    else {
      skipped("a model without deployment_id, model_id, state, ip or port")
      return nil
    }
    guard let known = State(rawValue: state) else {
      skipped("model \(model) has the unknown state \(state.prefix(40))")
      return nil
    }
    self.init(
      deploymentID: deployment, modelID: model, name: infos?["model_name"]?.string ?? model,
      cruncherID: infos?["cruncher_id"]?.string ?? "unknown-player",
      cruncherName: infos?["cruncher_name"]?.string ?? "Unknown",
      walletPubkey: infos?["cruncher_wallet_pubkey"]?.string, hotkey: infos?["cruncher_hotkey"]?.string, state: known,
      host: host, port: Int(port))
  }

  var json: JSON {
    .object([
      "deployment_id": .string(deploymentID), "model_id": .string(modelID),
      "infos": .object([
        "model_name": .string(name), "cruncher_id": .string(cruncherID), "cruncher_name": .string(cruncherName),
        "cruncher_wallet_pubkey": JSON(walletPubkey), "cruncher_hotkey": JSON(hotkey),
      ]),
      "state": .string(state.rawValue), "ip": .string(host), "port": JSON(port),
    ])
  }
}

extension FailureReport {
  init?(_ json: JSON) {
    guard let model = json["model_id"]?.string, let code = json["failure_code"]?.string, let host = json["ip"]?.string
    else { return nil }
    self.init(modelID: model, code: code, reason: json["failure_reason"]?.string, host: host)
  }

  var json: JSON {
    .object([
      "model_id": .string(modelID), "failure_code": .string(code), "failure_reason": JSON(reason), "ip": .string(host),
    ])
  }
}
