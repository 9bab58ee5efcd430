import Testing

@testable import Diagnosis
@testable import ReportWorker

@Suite("Answers whose outcome is open", .timeLimit(.minutes(2)))
struct OpenAnswerTests {
  @Test("are shown on no page but to who may change something, so that nobody can copy them")
  func hidden() async throws {
    var story = Story(kind: "prediction", id: "open", state: "PENDING", why: "it waits", next: "it is scored")
    story.fact("answer", "111.25")
    story.fact("scope key", "BTC-60")
    let told = story
    let keys = [KeyRing.Key(name: "operator", secret: "o", tier: .admin), .init(name: "r", secret: "r", tier: .read)]
    try await ReportBench.with(keys: keys, inquire: { _ in ([told], []) }) { bench in
      try await bench.addModels()
      try await bench.addPrediction("open", secondsAgo: 20)
      try await bench.addPrediction("done", secondsAgo: 30, result: ["value": 1])
      try await bench.run(
        """
        UPDATE predictions SET inference_output_jsonb
          = jsonb_build_object('value', CASE status WHEN 'PENDING' THEN 111.25 ELSE 222.25 END)
        """)
      for path in ["/predictions", "/models/a", "/explain?id=open"] {
        for (key, isShown) in [("o", true), ("r", false), ("", false)] {
          let page = try await bench.get(path, headers: key.isEmpty ? [:] : ["X-API-Key": key])
          #expect(page.status == 200)
          #expect(page.text.contains("111.25") == isShown, "\(path) \(key)")
          #expect(page.text.contains(path.contains("explain") ? "BTC-60" : "222.25"), "\(path) \(key)")
        }
      }
    }
  }
}
