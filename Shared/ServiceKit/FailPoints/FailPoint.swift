import Foundation
import Synchronization

/// Places where a fault can be injected, for tests and for trials of one's own deployment. They do nothing unless
/// `FAIL_POINTS` names them: `score.before-commit=kill@3;score.mid-score=delay:5ms`.
public enum FailPoint: String, Sendable, CaseIterable {
  case scoreAfterRead = "score.after-read"
  case scoreMidScore = "score.mid-score"
  case scoreBeforeCommit = "score.before-commit"
  case scoreAfterCommit = "score.after-commit"
  case scoreBeforeAcknowledge = "score.before-acknowledge"
  case leaderBeforeSeal = "leader.before-seal"
  case leaderAfterSeal = "leader.after-seal"
  case checkpointBeforeCommit = "checkpoint.before-commit"
  case feedAfterStore = "feed.after-store"
  case predictAfterSlot = "predict.after-slot"
  case predictBeforeCommit = "predict.before-commit"

  /// Comes by this place. Costs a look at a flag while nothing is armed.
  public func reach() async throws {
    guard Self.isArmed.load(ordering: .relaxed) else { return }
    let action = Self.armed.withLock { armed -> Action? in
      guard var rule = armed[self] else { return nil }
      rule.visits += 1
      armed[self] = rule
      return rule.isDue(chance: Surrounding.current.chance) ? rule.action : nil
    }
    switch action {
    case .kill: kill(getpid(), SIGKILL)
    case .freeze: kill(getpid(), SIGSTOP)
    case .raise: throw FailPointError(point: self)
    case .delay(let duration): try await Surrounding.current.sleep(for: duration)
    case nil: break
    }
  }

  enum Action: Sendable, Hashable {
    /// SIGKILL
    case kill
    /// SIGSTOP
    case freeze
    case raise
    case delay(Duration)
  }

  /// When an armed place acts.
  struct Rule: Sendable, Hashable {
    var action: Action
    /// At this visit and no other; nil: at every one.
    var visit: Int?
    /// How probably, from 0 to 1.
    var probability = 1.0
    var visits = 0

    func isDue(chance: Double) -> Bool { visit.map { $0 == visits } ?? (chance <= probability) }
  }

  private static let isArmed = Atomic(false)
  private static let armed = Mutex<[FailPoint: Rule]>([:])

  static func arm(_ rules: [FailPoint: Rule]) {
    armed.withLock { $0 = rules }
    isArmed.store(!rules.isEmpty, ordering: .relaxed)
  }

  /// Reads `point=action`, `point=action@visit` and `point=action%probability`, separated by `;`. Actions: `kill`, `freeze`,
  /// `raise`, `delay:5ms`, `delay:2s`. nil when the text has another form.
  static func rules(_ text: String) -> [FailPoint: Rule]? {
    var rules: [FailPoint: Rule] = [:]
    for part in text.split(separator: ";") {
      let sides = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      guard sides.count == 2, let point = FailPoint(rawValue: sides[0]) else { return nil }
      let words = sides[1].split { $0 == "@" || $0 == "%" }.map(String.init)
      guard let action = words.first.flatMap(action), words.count <= 2 else { return nil }
      var rule = Rule(action: action)
      if words.count == 2, sides[1].contains("@") {
        guard let visit = Int(words[1]), visit > 0 else { return nil }
        rule.visit = visit
      } else if words.count == 2 {
        guard let probability = Double(words[1]), (0...1).contains(probability) else { return nil }
        rule.probability = probability
      }
      rules[point] = rule
    }
    return rules
  }

  private static func action(_ text: String) -> Action? {
    switch text {
    case "kill": return .kill
    case "freeze": return .freeze
    case "raise": return .raise
    default:
      guard text.hasPrefix("delay:") else { return nil }
      let span = text.dropFirst("delay:".count)
      let isShort = span.hasSuffix("ms")
      guard span.hasSuffix("s"), let number = Double(span.dropLast(isShort ? 2 : 1)) else { return nil }
      let seconds = isShort ? number / 1_000 : number
      return (0...SettingSpan.longestSeconds).contains(seconds) ? .delay(.seconds(seconds)) : nil
    }
  }
}

/// A fault that `FAIL_POINTS` asked for.
public struct FailPointError: Error, CustomStringConvertible {
  public var point: FailPoint
  public var description: String { "fail point \(point.rawValue)" }
}
