import Competition

/// The pages of one column in one part of a file.
struct ParquetPages {
  /// More is no page of a file that is read here.
  private static let largest = 256 << 20

  let column: String
  let type: ParquetType
  let isOptional: Bool
  let codec: ParquetCodec
  private var cursor: ByteCursor
  private var dictionary: ParquetValues?

  init(column: String, type: ParquetType, isOptional: Bool, codec: ParquetCodec, bytes: ArraySlice<UInt8>) {
    self.column = column
    self.type = type
    self.isOptional = isOptional
    self.codec = codec
    cursor = ByteCursor(bytes)
  }

  /// The values of all pages, `count` of them.
  mutating func values(_ count: Int) throws(ParquetError) -> ParquetValues {
    var values = type.none
    while values.count < count {
      guard let header = Thrift.structure(from: &cursor), let kind = header[1]?.integer, let size = header[2]?.integer,
        let compressedSize = header[3]?.integer, size >= 0, size <= Self.largest,
        let compressed = cursor.take(compressedSize), let plain = codec.expand(compressed, count: size)
      else { throw damaged }
      switch kind {
      case 0:
        guard let page = header[5], let more = values.appending(try self.page(page, plain, upTo: count - values.count))
        else { throw damaged }
        values = more
      case 2:
        guard let entries = header[7]?[1]?.integer, entries <= plain.count else { throw damaged }
        var bytes = ByteCursor(plain[...])
        dictionary = try decode(entries, from: &bytes)
      case 3: throw ParquetError("column \(column) has pages of the second version, which are not read")
      default: break
      }
    }
    return values
  }

  private var damaged: ParquetError { ParquetError("column \(column) is damaged") }

  private func page(_ header: Thrift, _ plain: [UInt8], upTo limit: Int) throws(ParquetError) -> ParquetValues {
    guard let count = header[1]?.integer, (1...max(limit, 1)).contains(count), let encoding = header[2]?.integer else {
      throw damaged
    }
    var bytes = ByteCursor(plain[...])
    var presence = [Bool](repeating: true, count: count)
    if isOptional {
      guard let length = bytes.littleEndian(UInt32.self), let levels = bytes.take(Int(length)),
        let bits = RunLength.numbers(levels, width: 1, count: count)
      else { throw damaged }
      presence = bits.map { $0 == 1 }
    }
    let there = presence.count { $0 }
    let values: ParquetValues
    switch encoding {
    case 0: values = try decode(there, from: &bytes)
    case 2, 8:
      guard let dictionary, let width = bytes.byte(), width <= 32, let rest = bytes.take(bytes.left),
        let places = RunLength.numbers(rest, width: Int(width), count: there),
        let found = dictionary.picked(places)
      else { throw damaged }
      values = found
    default: throw ParquetError("column \(column) has an encoding that is not read: plain values and dictionaries are")
    }
    return values.spread(over: presence)
  }

  /// Plain values.
  private func decode(_ count: Int, from bytes: inout ByteCursor) throws(ParquetError) -> ParquetValues {
    switch type {
    case .text:
      var texts: [String?] = []
      for _ in 0..<count {
        guard let length = bytes.littleEndian(UInt32.self), let text = bytes.take(Int(length)) else { throw damaged }
        texts.append(String(decoding: text, as: UTF8.self))
      }
      return .texts(texts)
    case .integer: return .integers(try words(count, from: &bytes).map { Int64(bitPattern: $0) })
    case .double: return .doubles(try words(count, from: &bytes).map { Double(bitPattern: $0) })
    case .time: return .times(try words(count, from: &bytes).map { Timestamp(microseconds: Int64(bitPattern: $0)) })
    }
  }

  private func words(_ count: Int, from bytes: inout ByteCursor) throws(ParquetError) -> [UInt64] {
    var words: [UInt64] = []
    for _ in 0..<count {
      guard let word = bytes.littleEndian(UInt64.self) else { throw damaged }
      words.append(word)
    }
    return words
  }
}

/// Small numbers in runs of equal ones, and packed bit by bit.
enum RunLength {
  /// - Returns: nil when there are not so many.
  static func numbers(_ bytes: ArraySlice<UInt8>, width: Int, count: Int) -> [Int]? {
    var cursor = ByteCursor(bytes)
    var numbers: [Int] = []
    while numbers.count < count {
      guard let head = cursor.varint(), head > 1 else { return nil }
      let left = count - numbers.count
      if head & 1 == 0 {
        guard let value = cursor.take((width + 7) / 8) else { return nil }
        let number = value.reversed().reduce(0) { $0 << 8 | Int($1) }
        numbers += repeatElement(number, count: Int(min(head >> 1, UInt64(left))))
      } else {
        guard let size = Int(exactly: head >> 1), size <= count, let packed = cursor.take(size * width) else {
          return nil
        }
        let bits = Array(packed)
        for index in 0..<min(left, size * 8) {
          numbers.append(
            (0..<width).reduce(0) { number, bit in
              let place = index * width + bit
              return number | Int(bits[place / 8] >> UInt8(place % 8) & 1) << bit
            })
        }
      }
    }
    return numbers
  }
}

extension ParquetValues {
  /// The values at these places; nil when one is not there.
  fileprivate func picked(_ places: [Int]) -> ParquetValues? {
    guard places.allSatisfy({ $0 < count }) else { return nil }
    return switch self {
    case .texts(let values): .texts(places.map { values[$0] })
    case .integers(let values): .integers(places.map { values[$0] })
    case .doubles(let values): .doubles(places.map { values[$0] })
    case .times(let values): .times(places.map { values[$0] })
    }
  }

  /// The values in order at the places that are true, and nil at the others.
  fileprivate func spread(over presence: [Bool]) -> ParquetValues {
    guard presence.count != count else { return self }
    return switch self {
    case .texts(let values): .texts(Self.spread(values, presence))
    case .integers(let values): .integers(Self.spread(values, presence))
    case .doubles(let values): .doubles(Self.spread(values, presence))
    case .times(let values): .times(Self.spread(values, presence))
    }
  }

  private static func spread<Value>(_ values: [Value?], _ presence: [Bool]) -> [Value?] {
    var next = values.makeIterator()
    return presence.map { $0 ? next.next() ?? nil : nil }
  }
}
