import Callables
import Competition
import Diagnosis
import Models
import ServiceKit

/// Models asked once each.
struct ModelTrial: Sendable {
  let cluster: ModelCluster
  let question: SampleQuestion
  /// What models are shown before; nil where rounds are all there is.
  let input: JSONObject?
  /// What becomes of an answer that has the contract's fields.
  let validator: OutputValidator
  /// Seconds that an answer may take.
  let deadline: Double

  struct Row: Sendable {
    var model: AnnouncedModel
    var milliseconds: Double?
    /// What it answered, as it would be stored.
    var output: JSONObject?
    /// nil when all is well.
    var problem: String?
    var answers: Bool { milliseconds != nil }
    var isWell: Bool { problem == nil }
  }

  func rows(of models: [AnnouncedModel]) async -> [Row] {
    let ready = models.filter { $0.state == .ready }.map(\.model.id)
    if let input { await cluster.tick(.json(.object(input)), subject: question.subject) }
    var answers = await ask(ready)
    // A node that is answering somebody else refuses: it is asked again, once.
    let busy = answers.filter { $0.value.isRefusedAsBusy }.map(\.key)
    if !busy.isEmpty {
      await rest(.seconds(1))
      answers.merge(await ask(busy)) { _, second in second }
    }
    var rows: [Row] = []
    for model in models {
      if model.state == .ready, let answer = answers[model.model.id] {
        rows.append(await row(model, answer))
      } else {
        rows.append(Row(model: model, problem: model.trouble ?? "it was not asked"))
      }
    }
    return rows
  }

  private func ask(_ models: [String]) async -> [String: ModelAnswer] {
    let asked = ModelQuestion(question.call, scope: question.scope)
    let call = PredictCall(
      method: asked.method, arguments: asked.arguments, deadline: .seconds(deadline), modelIDs: models)
    var answers: [String: ModelAnswer] = [:]
    for await answer in await cluster.predict(call) { answers[answer.modelID] = answer }
    return answers
  }

  private func row(_ model: AnnouncedModel, _ answer: ModelAnswer) async -> Row {
    var row = Row(model: model)
    switch answer.outcome {
    case .late: row.problem = "no answer within \(deadline) s, when answers stop counting"
    case .failed(let reason): row.problem = reason
    case .value(let value):
      row.milliseconds = answer.milliseconds
      switch OutputCheck.check(
        value, against: question.contract.output, maxBytes: question.contract.maxOutputBytes,
        unknown: question.contract.unknownFields)
      {
      case .valid(let output):
        do { row.output = try await validator.output(output) } catch { row.problem = "\(error)" }
      case .invalid(let reason, _): row.problem = reason
      }
    }
    return row
  }

  func text(_ rows: [Row]) -> String {
    guard !rows.isEmpty else { return "the orchestrator announces no models; check CRUNCH_ID" }
    let table = Terminal.table(
      ["model", "answers", "time", "output, or what is wrong"],
      rows.map { row in
        [
          row.model.title, row.answers ? "yes" : "no", row.milliseconds.map { Spoken.span($0 / 1_000) } ?? "-",
          row.problem ?? row.output.map { JSON.object($0).text } ?? "",
        ]
      }, right: [2])
    let well = rows.count(where: \.isWell)
    return """
      \(question.call.method) about \(question.subject)\(question.horizonSeconds > 0 ? ", \(question.horizonSeconds) s ahead" : ""); \
      answers count for \(Spoken.span(deadline))
      \(table)

      \(well) of \(rows.count) models answer as the contract asks
      """
  }

  func json(_ rows: [Row]) -> JSON {
    .object([
      "method": .string(question.contract.call.method), "subject": .string(question.subject),
      "deadline_seconds": .double(deadline), "well": .bool(!rows.isEmpty && rows.allSatisfy(\.isWell)),
      "models": .array(
        rows.map { row in
          .object([
            "model_id": .string(row.model.model.id), "name": .string(row.model.model.name),
            "answers": .bool(row.answers), "milliseconds": JSON(finite: row.milliseconds),
            "valid": .bool(row.isWell), "output": row.output.map(JSON.object) ?? .null, "problem": JSON(row.problem),
          ])
        }),
    ])
  }
}

extension ModelAnswer {
  fileprivate var isRefusedAsBusy: Bool {
    if case .failed(let reason) = outcome { reason.contains("Server busy") } else { false }
  }
}
