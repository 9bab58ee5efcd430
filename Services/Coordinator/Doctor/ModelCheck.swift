import Competition
import Diagnosis
import Models
import ServiceKit
import Store

/// Whether the orchestrator is there, the models that it announces can be set up, and what they answered lately was taken.
/// Models are not asked anything: a participant's model answers one call at a time, and this one must not be ours.
struct ModelCheck: Check {
  let settings: NodeSettings
  let store: Store
  /// How long models may take to be set up.
  let patience: Duration
  var area: Finding.Area { .models }

  /// Seconds of answers that are looked at.
  static let window = 600

  func findings() async -> [Finding] {
    let roll = await RollCall(settings.predict, crunchID: settings.common.crunchID).models(within: patience)
    let place = "\(settings.predict.modelHost):\(settings.predict.modelPort)"
    var findings = Self.findings(roll, orchestrator: place)
    do {
      findings += Self.findings(try await store.server.endings(seconds: Self.window))
    } catch {
      findings.append(.note(.models, "what models answered lately could not be read: PostgreSQL is away"))
    }
    return findings
  }

  static func findings(_ roll: RollCall.Answer, orchestrator: String) -> [Finding] {
    guard let models = roll.models else {
      return [
        .problem(
          .models, "the orchestrator at \(orchestrator) cannot be reached", cause: roll.trouble,
          remedy: "start it, or set MODEL_RUNNER_NODE_HOST and MODEL_RUNNER_NODE_PORT to where it is")
      ]
    }
    guard !models.isEmpty else {
      return [
        .problem(
          .models, "the orchestrator at \(orchestrator) announces no models",
          cause: "none runs for this competition; CRUNCH_ID names it",
          remedy: "check CRUNCH_ID, and the orchestrator's log or its MODELS_DIR")
      ]
    }
    let silent = models.filter { $0.state != .ready }
    return silent.map { announced in
      .problem(
        .models, "\(announced.title) at \(announced.host):\(announced.port) does not answer",
        cause: announced.trouble,
        remedy: "look into its log; the node must reach that address, and MODEL_BASE_CLASSNAME must be its base class")
    } + [.ok(.models, "\(models.count - silent.count) of \(models.count) models answer")]
  }

  /// Models none of whose answers was taken.
  static func findings(_ endings: [ServerStore.Endings]) -> [Finding] {
    endings.filter { $0.predictions > 0 && $0.failed == $0.predictions - $0.absent && $0.failed > 0 }.map { model in
      .problem(
        .models, "\(model.name) failed all of its \(model.failed) newest predictions",
        cause: model.newestReason ?? "no reason is stored",
        remedy: "`coordinator check-models` asks it and shows what it answers; tell its participant")
    }
  }
}

extension AnnouncedModel {
  var title: String { model.name == model.id ? model.id : "\(model.name) (\(model.id))" }

  /// Why it cannot be asked; nil when it can.
  var trouble: String? {
    switch state {
    case .ready: nil
    case .connecting(let cause): cause ?? "it has not answered Setup yet"
    case .refused(let reason): reason
    }
  }
}
