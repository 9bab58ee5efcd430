import Competition
import Foundation

/// A file of keys, one a line: `name secret tier expiry`, where the secret may be `sha256:` and the 64 digits of its digest,
/// the tier is `read` or `admin`, and the expiry a date, a moment or `never`. Empty lines and those that start with `#`
/// say nothing.
enum KeyFile {
  /// - Throws: `KeyFileError`, which never has a secret in it.
  static func keys(at path: String) throws -> [KeyRing.Key] {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw KeyFileError(line: nil, reason: "API_KEYS_FILE \(path) cannot be read; name a readable file")
    }
    return try keys(in: text)
  }

  static func keys(in text: String) throws(KeyFileError) -> [KeyRing.Key] {
    var keys: [KeyRing.Key] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      keys.append(try key(words, line: index + 1))
    }
    return keys
  }

  private static func key(_ words: [Substring], line: Int) throws(KeyFileError) -> KeyRing.Key {
    guard words.count == 4 else {
      throw KeyFileError(line: line, reason: "expected four words: name, secret, tier, expiry")
    }
    guard let tier = APIKeyTier(rawValue: String(words[2])) else {
      throw KeyFileError(line: line, reason: "the tier must be read or admin")
    }
    let expiresAt = words[3] == "never" ? nil : Timestamp(iso8601: String(words[3]))
    guard words[3] == "never" || expiresAt != nil else {
      throw KeyFileError(line: line, reason: "the expiry must be a date, a moment or never")
    }
    let name = String(words[0])
    guard words[1].hasPrefix("sha256:") else {
      return KeyRing.Key(name: name, secret: String(words[1]), tier: tier, expiresAt: expiresAt)
    }
    guard let digest = bytes(words[1].dropFirst("sha256:".count)), digest.count == 32 else {
      throw KeyFileError(line: line, reason: "sha256: must be followed by 64 hexadecimal digits")
    }
    return KeyRing.Key(name: name, digest: digest, tier: tier, expiresAt: expiresAt)
  }

  private static func bytes(_ digits: Substring) -> [UInt8]? {
    let nibbles = digits.compactMap(\.hexDigitValue)
    guard nibbles.count == digits.count, nibbles.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: nibbles.count, by: 2).map { UInt8(nibbles[$0] << 4 | nibbles[$0 + 1]) }
  }
}

/// What is wrong with a file of keys.
struct KeyFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Counted from 1; nil for the file as a whole.
  var line: Int?
  var reason: String

  var description: String { line.map { "API_KEYS_FILE, line \($0): \(reason)" } ?? reason }
}
