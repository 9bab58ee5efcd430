import Competition
import Synchronization

/// Whether the parts of a process are ready, and if not, why.
public final class Health: Sendable {
  /// By part: why it is not ready; nil when it is.
  private let parts: Mutex<[String: String?]>

  /// - Parameter parts: those that must become ready before the process is.
  public init(waitingFor parts: [String] = []) {
    self.parts = Mutex(Dictionary(parts.map { ($0, "starting") }, uniquingKeysWith: { first, _ in first }))
  }

  public func ready(_ part: String) { parts.withLock { $0[part] = .some(nil) } }
  public func notReady(_ part: String, reason: String) { parts.withLock { $0[part] = .some(reason) } }

  /// Whether every part is ready, and what is said of each.
  var report: (isReady: Bool, body: JSONObject) {
    let copy = parts.withLock { $0 }
    let isReady = copy.values.allSatisfy { $0 == nil }
    var body: JSONObject = ["status": isReady ? "ready" : "not ready"]
    for (part, reason) in copy.sorted(by: { $0.key < $1.key }) { body[part] = .string(reason ?? "ready") }
    return (isReady, body)
  }
}
