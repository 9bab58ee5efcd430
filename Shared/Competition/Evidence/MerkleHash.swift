import Crypto

/// The hash of the evidence: SHA-256 as 64 lower-case hexadecimal digits.
public enum MerkleHash {
  public static func of(_ text: String) -> String { SHA256.hash(data: Array(text.utf8)).hexadecimal }

  /// The parent of two nodes: over the two texts of digits one after the other, not over the bytes that they stand for.
  public static func parent(_ left: String, _ right: String) -> String { of(left + right) }
}
