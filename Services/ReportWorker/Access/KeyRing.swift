import Competition
import Crypto

/// The keys of the report API: who holds them, what they open, and until when.
struct KeyRing: Sendable {
  struct Key: Sendable {
    /// Who holds it, as the record of changes names them.
    var name: String
    var tier: APIKeyTier
    /// Nil: never.
    var expiresAt: Timestamp?
    fileprivate var digest: [UInt8]

    init(name: String, secret: String, tier: APIKeyTier, expiresAt: Timestamp? = nil) {
      self.init(name: name, digest: KeyRing.digest(secret), tier: tier, expiresAt: expiresAt)
    }

    /// - Parameter digest: the SHA-256 of the secret.
    init(name: String, digest: [UInt8], tier: APIKeyTier, expiresAt: Timestamp?) {
      self.name = name
      self.digest = digest
      self.tier = tier
      self.expiresAt = expiresAt
    }
  }

  private let keys: [Key]

  init(_ keys: [Key] = []) { self.keys = keys }

  /// Without keys the rules are others.
  var isEmpty: Bool { keys.isEmpty }

  /// Who holds a secret; nil when nobody does, or not any more. Takes as long for a secret that is nearly right as for one
  /// that is not at all: digests are compared, all of them, and each to its end.
  func holder(of secret: String, at time: Timestamp) -> Key? {
    let given = Self.digest(secret)
    var holder: Key?
    for key in keys {
      var difference: UInt8 = given.count == key.digest.count ? 0 : 1
      for (mine, theirs) in zip(key.digest, given) { difference |= mine ^ theirs }
      if difference == 0, key.expiresAt.map({ time < $0 }) ?? true { holder = key }
    }
    return holder
  }

  /// The key of somebody; nil when they have none, or not any more.
  func key(of name: String, at time: Timestamp) -> Key? {
    keys.first { $0.name == name && ($0.expiresAt.map { time < $0 } ?? true) }
  }

  private static func digest(_ secret: String) -> [UInt8] { Array(SHA256.hash(data: Array(secret.utf8))) }
}
