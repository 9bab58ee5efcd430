import Competition

/// How the values of a column become bytes: PLAIN for those that are there, and a bit for each that says whether it is.
/// https://parquet.apache.org/docs/file-format/data-pages/encodings/
extension ParquetValues {
  /// Longer texts are not told as least or greatest.
  private static let longestBound = 256

  var empty: ParquetValues {
    switch self {
    case .texts: .texts([])
    case .integers: .integers([])
    case .doubles: .doubles([])
    case .times: .times([])
    }
  }

  /// How many values are missing.
  var missing: Int { presence.count { !$0 } }

  private var presence: [Bool] {
    switch self {
    case .texts(let values): values.map { $0 != nil }
    case .integers(let values): values.map { $0 != nil }
    case .doubles(let values): values.map { $0 != nil }
    case .times(let values): values.map { $0 != nil }
    }
  }

  /// The definition levels: one run when all are equal, else eight to a byte; their length in front.
  var levels: [UInt8] {
    let presence = presence
    var run: [UInt8] = []
    if let first = presence.first, presence.allSatisfy({ $0 == first }) {
      run.append(varint: UInt64(presence.count) << 1)
      run.append(first ? 1 : 0)
    } else if !presence.isEmpty {
      let groups = (presence.count + 7) / 8
      run.append(varint: UInt64(groups) << 1 | 1)
      run += (0..<groups).map { group in
        (0..<8).reduce(0) { byte, bit in
          let index = group * 8 + bit
          return index < presence.count && presence[index] ? byte | 1 << UInt8(bit) : byte
        }
      }
    }
    var output: [UInt8] = []
    output.append(littleEndian: UInt32(run.count))
    return output + run
  }

  /// The values that are there.
  var encoded: [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(8 * count)
    switch self {
    case .texts(let values):
      for case let value? in values {
        output.append(littleEndian: UInt32(value.utf8.count))
        output += value.utf8
      }
    case .integers(let values): for case let value? in values { output.append(littleEndian: value) }
    case .doubles(let values): for case let value? in values { output.append(littleEndian: value.bitPattern) }
    case .times(let values): for case let value? in values { output.append(littleEndian: value.microseconds) }
    }
    return output
  }

  /// The least and the greatest value, as a search in the file uses them; nil where there is none that says something.
  var bounds: (least: [UInt8], greatest: [UInt8])? {
    switch self {
    case .texts(let values):
      let there = values.lazy.compactMap { $0 }
      let least = there.min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      let greatest = there.max { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      guard let least, let greatest, max(least.utf8.count, greatest.utf8.count) <= Self.longestBound else { return nil }
      return (Array(least.utf8), Array(greatest.utf8))
    case .integers(let values): return Self.bounds(values)
    case .times(let values): return Self.bounds(values.map { $0?.microseconds })
    case .doubles(let values):
      guard values.allSatisfy({ $0?.isNaN != true }) else { return nil }
      guard let least = values.lazy.compactMap({ $0 }).min(), let greatest = values.lazy.compactMap({ $0 }).max() else {
        return nil
      }
      // Both zeros count as one: the format wants the wider bound.
      return (
        Self.bytes((least == 0 ? -0.0 : least).bitPattern), Self.bytes((greatest == 0 ? 0.0 : greatest).bitPattern)
      )
    }
  }

  private static func bounds(_ values: [Int64?]) -> (least: [UInt8], greatest: [UInt8])? {
    guard let least = values.lazy.compactMap({ $0 }).min(), let greatest = values.lazy.compactMap({ $0 }).max() else {
      return nil
    }
    return (bytes(least), bytes(greatest))
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    var output: [UInt8] = []
    output.append(littleEndian: value)
    return output
  }
}
