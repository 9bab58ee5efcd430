import Competition
import Crypto

/// The field `traceparent` of an entry, in the spelling of W3C Trace Context: what is done for one input has one trace id,
/// in every process and every log.
///
/// Both ids follow from what the entry is about and from nothing else: an entry that is published again from PostgreSQL
/// belongs to the same trace as the one that was lost.
public enum TraceParent {
  public static let field = "traceparent"

  /// - Parameters:
  ///   - subject: what the trace is about, an input's id.
  ///   - step: what the entry asks for or tells; it makes the span id.
  public static func of(_ subject: String, step: String) -> String {
    "00-\(hex(subject, bytes: 16))-\(hex("\(step) \(subject)", bytes: 8))-01"
  }

  private static func hex(_ text: String, bytes: Int) -> String {
    SHA256.hash(data: Array(text.utf8)).prefix(bytes).hexadecimal
  }
}
