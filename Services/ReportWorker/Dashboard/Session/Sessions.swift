import Competition
import Crypto
import Foundation
import Synchronization

/// Who has shown a key in a browser. A session is a number that cannot be guessed, kept here as its digest, until it is
/// ended, runs out, or its key does. It does not outlive the process.
final class Sessions: Sendable {
  private struct Session: Sendable {
    var holder: String
    var endsAt: Timestamp
  }

  private let open = Mutex<[String: Session]>([:])

  static let cookie = "coordinator_session"
  /// Seconds that a session lasts.
  static let length = 43_200
  /// Sessions at a time; the one that ends first makes room.
  private static let most = 1_000

  /// - Returns: what the browser keeps.
  func begin(_ holder: String, at time: Timestamp) -> String {
    let token = SymmetricKey(size: .bits256).withUnsafeBytes { Self.digits($0) }
    open.withLock { open in
      open = open.filter { time < $0.value.endsAt }
      if open.count >= Self.most, let first = open.min(by: { $0.value.endsAt < $1.value.endsAt })?.key {
        open[first] = nil
      }
      open[Self.digest(token)] = Session(holder: holder, endsAt: time.adding(seconds: Self.length))
    }
    return token
  }

  /// The name of the key that a session was begun with; nil when there is no such session any more.
  func holder(of token: String, at time: Timestamp) -> String? {
    open.withLock { open in
      guard let session = open[Self.digest(token)], time < session.endsAt else { return nil }
      return session.holder
    }
  }

  func end(_ token: String) { open.withLock { $0[Self.digest(token)] = nil } }

  private static func digest(_ token: String) -> String { digits(SHA256.hash(data: Array(token.utf8))) }

  private static func digits(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }

  /// The header that gives a browser its session: no script reads it, and no other site's page sends it.
  static func header(_ token: String, isSecure: Bool) -> String {
    "\(cookie)=\(token); Path=/; Max-Age=\(length); HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
  }

  static let farewell = "\(cookie)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
}
