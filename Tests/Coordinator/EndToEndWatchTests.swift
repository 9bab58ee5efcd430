import Competition
import Synchronization
import TestKit
import Testing

@testable import Coordinator

/// A node as its report API shows it, made up; each look at the predictions may show more.
private final class PretendedNode: Sendable {
  struct Content: Sendable {
    var models = #"[{"model_id": "a", "model_name": "A"}, {"model_id": "b", "model_name": "B"}]"#
    /// Predictions by look; the last holds for all later ones.
    var predictions: [String]
    var leaderboard = #"[{"rank": 1, "model_name": "A", "score_ranking": {"value": 0.5}}, {"rank": 2}]"#
    var checkpoints = #"[{"id": "CKP", "entries": [{"cruncher_rewards": [{"reward_pct": 1000000000}]}]}]"#
  }

  private let content: Content
  private let looks = Mutex(0)

  init(_ content: Content) { self.content = content }

  func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Answer {
    switch request.path {
    case "/healthz": return .json(#"{"status": "ok"}"#)
    case "/reports/models": return .json(content.models)
    case "/reports/leaderboard": return .json(content.leaderboard)
    case "/reports/checkpoints": return .json(content.checkpoints)
    case "/reports/predictions":
      let look = looks.withLock { count in
        defer { count += 1 }
        return count
      }
      return .json("[" + content.predictions.prefix(look + 1).joined(separator: ",") + "]")
    default: return .status(404)
    }
  }
}

@Suite("coordinator verify-e2e", .timeLimit(.minutes(3)))
struct EndToEndWatchTests {
  private static func prediction(
    _ model: String, second: Int, score: Double? = nil, failure: String? = nil
  ) -> String {
    let reason = failure.map { "\"\($0)\"" } ?? (score == nil ? "\"Prediction not scored\"" : "null")
    let scored = score == nil ? "null" : "\"2026-02-13T12:01:0\(second)\""
    return """
      {"model_id": "\(model)", "performed_at": "2026-02-13T12:00:0\(second)", "score_value": \(score.map { "\($0)" } ?? "null"),
       "score_failed": \(score == nil), "score_failed_reason": \(reason), "scored_at": \(scored)}
      """
  }

  private static let old = [
    prediction("a", second: 1, score: 1), prediction("b", second: 1, score: 2),
  ].joined(separator: ",")
  private static let fresh = [
    prediction("a", second: 2, score: 3), prediction("b", second: 2, score: 4), prediction("a", second: 3),
  ].joined(separator: ",")

  /// - Parameter seconds: enough for several looks, of which there is one a second, on a busy machine too.
  private static func watch(_ content: PretendedNode.Content, seconds: Int = 8) async throws -> [EndToEndResult] {
    let node = PretendedNode(content)
    let server = try TestHTTPServer { node.answer($0) }
    defer { server.stop() }
    return await EndToEndWatch(
      node: ReportClient(url: server.url, apiKey: nil), steps: EndToEndStep.allCases, limit: .seconds(seconds)
    ).run { _ in }
  }

  private static func failed(_ results: [EndToEndResult]) -> [String: String] {
    Dictionary(results.filter { !$0.isTrue }.map { ($0.step, $0.detail) }, uniquingKeysWith: { $1 })
  }

  @Test("a node that goes on is verified; what was there before proves nothing")
  func well() async throws {
    #expect(Self.failed(try await Self.watch(.init(predictions: [Self.old, Self.fresh]), seconds: 30)).isEmpty)
    let standing = Self.failed(try await Self.watch(.init(predictions: [Self.old])))
    #expect(Set(standing.keys) == ["models", "predictions", "scores"], "\(standing)")
    #expect(standing["predictions"]?.contains("no prediction since 2026-02-13T12:00:01Z") == true)
  }

  @Test(
    "a model that fails, scores that are all the same, an empty leaderboard, a checkpoint that pays nothing are told apart"
  )
  func wrong() async throws {
    let failing = Self.prediction("b", second: 4, failure: "late: no answer")
    let broken = Self.failed(try await Self.watch(.init(predictions: [Self.old, Self.fresh + "," + failing])))
    #expect(broken["models"] == "B fails: late: no answer", "\(broken)")

    let same = [Self.prediction("a", second: 2, score: 1), Self.prediction("b", second: 2, score: 1)]
    let start = [Self.prediction("a", second: 1), Self.prediction("b", second: 1)].joined(separator: ",")
    let equal = Self.failed(try await Self.watch(.init(predictions: [start, same.joined(separator: ",")])))
    #expect(equal["scores"] == "all 2 models have the same score of 1.0", "\(equal)")

    var content = PretendedNode.Content(predictions: [Self.old, Self.fresh])
    content.leaderboard = "[]"
    content.checkpoints = #"[{"id": "CKP", "entries": [{"cruncher_rewards": []}]}]"#
    content.models = "[]"
    let empty = Self.failed(try await Self.watch(content))
    #expect(empty["leaderboard"] == "there is no leaderboard")
    #expect(empty["checkpoint"] == "CKP shares out 0 of 1000000000 among 0 models")
    #expect(empty["models"]?.contains("check-models") == true)
  }

  @Test("a node that is not there fails each step with the reason, and the command ends with 1")
  func away() async throws {
    try await Command.with { command in
      let url = "http://127.0.0.1:\(try LoopbackPort.free())"
      let run = try await command.run("verify-e2e", "--url", url, "--seconds", "1", "--json")
      #expect(run.exitCode == 1)
      let report = try run.json[0]
      #expect(report["verified"] == false)
      let health = report["steps"]?.array?.first
      #expect(health?["true"] == false && health?["detail"]?.string?.contains("cannot be reached") == true)
      // The database is there: its promises are looked at all the same.
      #expect(report["steps"]?.array?.last?["step"] == "audit" && report["steps"]?.array?.last?["true"] == true)
    }
  }
}
