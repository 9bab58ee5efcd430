import Crypto

/// Ids of records, in the original's formats. Times come from the slot or period that a record belongs to, so that the
/// same thing has the same id whoever makes it and whenever.
public enum RecordIDs {
  /// `INP_20260213_120000.123`, with `_subject` behind it where several subjects would collide.
  public static func input(at time: Timestamp, subject: String? = nil) -> String {
    "INP_\(time.idMilliseconds)" + suffix(subject)
  }

  /// `INP_{round}_20260213_120000`: what models are asked about in a round.
  public static func input(round: String, at time: Timestamp) -> String { "INP_\(round)_\(time.idSeconds)" }

  /// `PRE_{model}_{scope key}_{time}`.
  public static func prediction(
    model: String, scopeKey: String, at time: Timestamp, subject: String? = nil
  ) -> String {
    "PRE_\(model)_\(safe(scopeKey))_\(time.idMilliseconds)" + suffix(subject)
  }

  /// The id of the record of a model that was not there.
  public static func absent(model: String, scopeKey: String, at time: Timestamp, subject: String? = nil) -> String {
    "ABS_\(model)_\(safe(scopeKey))_\(time.idMilliseconds)" + suffix(subject)
  }

  public static func score(predictionID: String) -> String { "SCR_\(predictionID)" }
  public static func snapshot(model: String, at time: Timestamp) -> String { "SNAP_\(model)_\(time.idSeconds)" }
  public static func checkpoint(at time: Timestamp) -> String { "CKP_\(time.idSeconds)" }
  public static func leaderboard(at time: Timestamp) -> String { "LBR_\(time.idMilliseconds)" }

  /// `CYC_{YYYYMMDD_HHMMSS_ffffff}`, always with six digits of fraction.
  public static func merkleCycle(at time: Timestamp) -> String { "CYC_\(time.idMicroseconds)" }
  /// - Parameter tree: the id of a cycle or checkpoint.
  public static func merkleNode(of tree: String, level: Int, position: Int) -> String {
    "MRK_\(tree)_\(level)_\(position)"
  }

  /// sha1 hex over `source|subject|kind|granularity|time`.
  public static func feedRecord(_ key: FeedKey, eventTime: Timestamp) -> String {
    let text = [key.source, key.subject, key.kind.rawValue, key.granularity, eventTime.iso8601(.offset)]
    return Insecure.SHA1.hash(data: Array(text.joined(separator: "|").utf8)).hexadecimal
  }

  /// `source:subject:kind:granularity`.
  public static func watermark(_ key: FeedKey) -> String {
    "\(key.source):\(key.subject):\(key.kind.rawValue):\(key.granularity)"
  }

  /// The text with `_` for everything that is no letter, digit, `-` or `_`. Letters and digits of all scripts stay.
  public static func safe(_ scopeKey: String) -> String {
    String(String.UnicodeScalarView(scopeKey.unicodeScalars.map { isSafe($0) ? $0 : "_" }))
  }

  private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "-" || scalar == "_" { return true }
    if scalar.properties.numericType != nil { return true }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
    default: return false
    }
  }

  private static func suffix(_ subject: String?) -> String { subject.map { "_" + safe($0) } ?? "" }
}

/// Shared, since hashes are spelled by the million.
@usableFromInline let hexadecimalDigits = Array("0123456789abcdef".utf8)

extension Sequence<UInt8> {
  /// Lower-case hexadecimal digits, two a byte.
  @inlinable public var hexadecimal: String {
    var text: [UInt8] = []
    text.reserveCapacity(underestimatedCount * 2)
    for byte in self {
      text.append(hexadecimalDigits[Int(byte >> 4)])
      text.append(hexadecimalDigits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
