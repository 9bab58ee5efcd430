import Competition
import Store

/// Writes JSON as it goes: rows become bytes without a tree in between, and JSON from PostgreSQL is passed through.
struct JSONText {
  private(set) var bytes: [UInt8] = []

  mutating func array<Items: Sequence>(
    _ items: Items, _ write: (inout JSONText, Items.Element) -> Void
  ) {
    separate()
    bytes.append(UInt8(ascii: "["))
    for item in items { write(&self, item) }
    bytes.append(UInt8(ascii: "]"))
  }

  mutating func object(_ write: (inout JSONText) -> Void) {
    separate()
    bytes.append(UInt8(ascii: "{"))
    write(&self)
    bytes.append(UInt8(ascii: "}"))
  }

  mutating func key(_ name: String) {
    value(.string(name))
    bytes.append(UInt8(ascii: ":"))
  }

  /// A number that is not finite becomes null.
  mutating func value(_ value: JSON) {
    separate()
    let start = bytes.count
    do {
      try value.write(into: &bytes)
    } catch {
      bytes.removeSubrange(start...)
      bytes.append(contentsOf: value.text.utf8)
    }
  }

  mutating func member(_ name: String, _ value: JSON) {
    key(name)
    self.value(value)
  }

  /// An object from PostgreSQL as it is; an empty one where something else is stored, or nothing.
  mutating func member(_ name: String, object stored: StoredJSON?) {
    key(name)
    self.object(stored)
  }

  mutating func object(_ stored: StoredJSON?) {
    separate()
    if let stored, stored.isObject { appendCompact(stored.bytes) } else { bytes.append(contentsOf: "{}".utf8) }
  }

  /// A list from PostgreSQL as it is; an empty one where something else is stored, or nothing.
  mutating func member(_ name: String, list stored: StoredJSON?) {
    key(name)
    separate()
    if let stored, stored.isList { appendCompact(stored.bytes) } else { bytes.append(contentsOf: "[]".utf8) }
  }

  /// Any value from PostgreSQL as it is; null where nothing is stored.
  mutating func member(_ name: String, stored: StoredJSON?) {
    key(name)
    separate()
    if let stored, !stored.bytes.isEmpty { appendCompact(stored.bytes) } else { bytes.append(contentsOf: "null".utf8) }
  }

  /// Members of a row, and then figures that a tool measured; none of them takes a member's place.
  mutating func members(
    _ members: KeyValuePairs<String, JSON>, then figures: [(key: String, value: StoredJSON)]
  ) {
    let taken = Set(members.map(\.key))
    for (name, value) in members { member(name, value) }
    for (name, value) in figures where !taken.contains(name) { member(name, stored: value) }
  }

  /// PostgreSQL writes a blank after each colon and comma.
  private mutating func appendCompact(_ text: ArraySlice<UInt8>) {
    var isInString = false
    var isEscaped = false
    for byte in text {
      if isInString {
        bytes.append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else if byte != UInt8(ascii: " ") {
        bytes.append(byte)
        isInString = byte == UInt8(ascii: "\"")
      }
    }
  }

  /// A comma, unless this is the first of its list or belongs to a key.
  private mutating func separate() {
    switch bytes.last {
    case nil, UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ":"): return
    default: bytes.append(UInt8(ascii: ","))
    }
  }
}

extension Timestamp {
  func json(_ zone: Zone) -> JSON { .string(iso8601(zone)) }
}

extension Timestamp? {
  func json(_ zone: Timestamp.Zone) -> JSON { map { .string($0.iso8601(zone)) } ?? .null }
}
