/// What stands at the end of a Parquet file: its metadata, their length and a magic word.
/// https://parquet.apache.org/docs/file-format/metadata/
public enum ParquetFooter {
  static let magic = Array("PAR1".utf8)
  /// The length of the metadata and the magic word, at the end of the file.
  public static let tail = 8
  /// More is no metadata of a file that this node wrote.
  private static let longest = 64 << 20

  /// The length of the metadata by the last bytes of a file; nil when they are not those of a Parquet file.
  public static func length(tail: [UInt8]) -> Int? {
    guard tail.count == Self.tail, Array(tail[4...]) == magic else { return nil }
    let length = (0..<4).reduce(0) { $0 | Int(tail[$1]) << (8 * $1) }
    return (1...longest).contains(length) ? length : nil
  }

  /// How many rows the file holds; nil when the metadata cannot be read.
  public static func rows(metadata: [UInt8]) -> Int? { read(metadata[...])?[3]?.integer }

  static func read(_ metadata: ArraySlice<UInt8>) -> Thrift? {
    var cursor = ByteCursor(metadata)
    return Thrift.structure(from: &cursor)
  }
}
