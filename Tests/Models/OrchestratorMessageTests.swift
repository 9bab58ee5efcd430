import Competition
import Testing

@testable import Models

@Suite("The orchestrator's messages")
struct OrchestratorMessageTests {
  private static let run = ModelRun(
    deploymentID: "d1", modelID: "7", name: "momentum", cruncherID: "p1", cruncherName: "Ada", walletPubkey: "w",
    hotkey: "h", state: .running, host: "10.0.0.3", port: 50_051)

  @Test(
    "what is written is read again",
    arguments: [
      OrchestratorMessage.initial([run]), .update([run]), .initial([]),
      .reportFailure([FailureReport(modelID: "7", code: "MULTIPLE_FAILED", reason: nil, host: "10.0.0.3")]),
    ])
  func roundTrip(message: OrchestratorMessage) throws {
    #expect(try OrchestratorMessage(parsing: message.text) == message)
  }

  @Test("a model as the reference orchestrator announces it is understood, also with its port as a text")
  func announcement() throws {
    let text = """
      {"event": "update", "data": [{"deployment_id": "d1", "model_id": "7", "infos": {"model_name": "momentum",
       "cruncher_id": "p1", "cruncher_name": "Ada", "cruncher_wallet_pubkey": "w", "cruncher_hotkey": "h", "more": 1},
       "state": "RUNNING", "ip": "10.0.0.3", "port": "50051", "later": {}}]}
      """
    #expect(try OrchestratorMessage(parsing: text) == .update([Self.run]))
  }

  @Test("names that are missing have the reference's stand-ins")
  func standIns() throws {
    let text =
      #"{"event": "init", "data": [{"deployment_id": "d", "model_id": "7", "state": "STOPPED", "ip": "h", "port": 1}]}"#
    guard case .initial(let runs) = try OrchestratorMessage(parsing: text) else { throw Unexpected() }
    let run = try #require(runs.first)
    #expect(run.name == "7")
    #expect(run.cruncherID == "unknown-player")
    #expect(run.cruncherName == "Unknown")
    #expect(run.walletPubkey == nil)
    #expect(run.state == .stopped)
  }

  @Test(
    "an incomplete model is left out with a word about it, and the others are taken",
    arguments: [
      #"{"model_id": "8", "state": "RUNNING", "ip": "h", "port": 1}"#,
      #"{"deployment_id": "d", "state": "RUNNING", "ip": "h", "port": 1}"#,
      #"{"deployment_id": "d", "model_id": "8", "ip": "h", "port": 1}"#,
      #"{"deployment_id": "d", "model_id": "8", "state": "RUNNING", "port": 1}"#,
      #"{"deployment_id": "d", "model_id": "8", "state": "RUNNING", "ip": "h", "port": 0}"#,
      #"{"deployment_id": "d", "model_id": "8", "state": "RUNNING", "ip": "h", "port": "many"}"#,
      #"{"deployment_id": "d", "model_id": "8", "state": "DANCING", "ip": "h", "port": 1}"#,
      "7", "null",
    ])
  func incomplete(entry: String) throws {
    let good = OrchestratorMessage.update([Self.run]).text
    let text = good.replacing("\"data\":[", with: "\"data\":[\(entry),")
    #expect(text != good)
    var skipped: [String] = []
    #expect(try OrchestratorMessage(parsing: text) { skipped.append($0) } == .update([Self.run]))
    #expect(skipped.count == 1)
  }

  @Test(
    "what is no message is refused with its reason",
    arguments: [
      ("not json", "no JSON"), ("[]", "no event"), (#"{"event": "init"}"#, "no event or no list"),
      (#"{"event": "init", "data": {}}"#, "no list"), (#"{"event": "dance", "data": []}"#, "dance"),
    ])
  func refused(text: String, reason: String) {
    #expect {
      try OrchestratorMessage(parsing: text)
    } throws: {
      ($0 as? OrchestratorMessageError)?.reason.contains(reason) == true
    }
  }
}

/// Something else came than the test is about.
struct Unexpected: Error {}
