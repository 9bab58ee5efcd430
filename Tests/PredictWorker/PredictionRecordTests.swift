import Competition
import Models
import Testing

@testable import PredictWorker

@Suite("What becomes of an answer")
struct PredictionRecordTests {
  private let records = PredictionRecord(contract: .default, hasManySubjects: false)

  private func prediction(_ outcome: ModelAnswer.Outcome) -> Prediction {
    records.prediction(of: "m", answer: outcome, milliseconds: 12.5, slot: Sample.open())
  }

  @Test("an answer waits for its truth, under an id that tells model, scope key and slot")
  func pending() {
    let prediction = prediction(.value(["value": "0.5", "note": "kept"]))
    #expect(prediction.status == .pending && prediction.failedReason == nil)
    #expect(prediction.id == "PRE_m_BTC-60_20260213_162700.000")
    #expect(prediction.output == ["value": 0.5, "note": "kept"])
    #expect(prediction.executionMilliseconds == 12.5)
    let slot = Sample.slot()
    #expect(prediction.performedAt == slot.performedAt && prediction.resolvableAt == slot.resolvableAt)
    #expect(prediction.inputID == "INP" && prediction.modelID == "m" && prediction.configID == "CFG_001")
    #expect(prediction.scope == slot.scope && prediction.scopeKey == "BTC-60")
  }

  @Test("the id comes from the slot, not from the clock, and names the subject where several fire")
  func ids() {
    var later = Sample.slot()
    later.performedAt = later.performedAt.adding(seconds: 17)
    let open = Sample.open(later)
    #expect(records.prediction(of: "m", answer: .late, milliseconds: 0, slot: open).id == prediction(.late).id)
    let many = PredictionRecord(contract: .default, hasManySubjects: true)
    #expect(
      many.prediction(of: "m", answer: .late, milliseconds: 0, slot: open).id == "PRE_m_BTC-60_20260213_162700.000_BTC")
    #expect(many.absence(of: "m", slot: open).id == "ABS_m_BTC-60_20260213_162700.000_BTC")
  }

  @Test("a model that was not there is ABSENT, without a reason and without an answer")
  func absent() {
    let absence = records.absence(of: "m", slot: Sample.open())
    #expect(absence.status == .absent && absence.failedReason == nil && absence.output.isEmpty)
    #expect(absence.id == "ABS_m_BTC-60_20260213_162700.000")
  }

  @Test("a model that fails, is late, or whose worker ended has FAILED with a reason that a person can read")
  func failed() throws {
    let failure = prediction(.failed("BAD_IMPLEMENTATION: no predict"))
    #expect(failure.status == .failed && failure.failedReason == "BAD_IMPLEMENTATION: no predict")
    let late = prediction(.late)
    #expect(late.status == .failed)
    #expect(try #require(late.failedReason).contains("2026-02-13T16:27:06.250000Z"))
    let loss = records.loss(of: "m", slot: Sample.open())
    #expect(loss.status == .failed && loss.id == failure.id)
    #expect(try #require(loss.failedReason).contains("worker"))
  }

  @Test(
    "numbers that are none, and what PostgreSQL cannot hold, are refused",
    arguments: [
      ["value": .double(.nan)], ["value": .double(.infinity)], ["value": 1, "deep": [["x": .double(-.infinity)]]],
      ["value": 1, "note": "a\0b"], ["value": 1, "a\0b": 2],
    ] as [JSON])
  func unstorable(answer: JSON) throws {
    let prediction = prediction(.value(answer))
    #expect(prediction.status == .failed)
    #expect(try #require(prediction.failedReason).isEmpty == false)
    let stored = JSON.object(prediction.output)
    #expect(stored.isFinite && !stored.text.contains("\\u0000"))
  }

  @Test("an oversize answer is refused, and not kept")
  func oversize() throws {
    let limit = CrunchContract.default.maxOutputBytes
    let fits = String(repeating: "x", count: limit - #"{"value":1,"note":""}"#.utf8.count)
    #expect(prediction(.value(["value": 1, "note": .string(fits)])).status == .pending)
    let refused = prediction(.value(["value": 1, "note": .string(fits + "x")]))
    #expect(refused.status == .failed)
    #expect(try #require(refused.failedReason).contains("\(limit + 1)"))
    #expect(JSON.object(refused.output).text.utf8.count < 1_000)
  }

  @Test("an answer of another shape is refused and kept, so that its author can see it")
  func otherShape() {
    let refused = prediction(.value([1, 2]))
    #expect(refused.status == .failed && refused.failedReason != nil)
    #expect(refused.output["raw_output"] == [1, 2])
    #expect(refused.output["_validation_error"]?.string == refused.failedReason)
  }

  @Test("a model's own words cannot keep its failure from being stored")
  func hostileReason() throws {
    let words = prediction(.failed("raised \0 " + String(repeating: "é", count: 3_000_000)))
    let reason = try #require(words.failedReason)
    #expect(words.status == .failed)
    #expect(reason.hasPrefix("raised ") && !reason.utf8.contains(0))
    #expect(reason.utf8.count < 10_000)
  }
}
