/// The members of a JSON object in their order. A key occurs once: setting it again replaces the value and keeps the
/// place, as a Python dictionary does.
public struct JSONObject: Sendable, Hashable {
  @usableFromInline var members: [Member] = []

  public struct Member: Sendable, Hashable {
    public var key: String
    public var value: JSON
    @inlinable public init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }

  @inlinable public init() {}

  /// Of equal keys the last value wins, at the first one's place.
  public init(_ pairs: some Sequence<(String, JSON)>) {
    for (key, value) in pairs { self[key] = value }
  }

  @inlinable public subscript(key: String) -> JSON? {
    get { members.first { $0.key == key }?.value }
    set {
      let index = members.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  @inlinable public var keys: [String] { members.map(\.key) }

  /// This object with the members of `other` set over it.
  public func merging(_ other: JSONObject) -> JSONObject {
    var merged = self
    for member in other { merged[member.key] = member.value }
    return merged
  }

  /// Two objects are equal when they hold the same members, in whatever order.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members == right.members
      || (left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value })
  }

  public func hash(into hasher: inout Hasher) {
    for member in members.sorted(by: { $0.key < $1.key }) { hasher.combine(member) }
  }

  /// Takes the members as they are: the caller knows that no key occurs twice.
  @usableFromInline init(unchecked members: [Member]) { self.members = members }
}

extension JSONObject: RandomAccessCollection {
  @inlinable public var startIndex: Int { 0 }
  @inlinable public var endIndex: Int { members.count }
  @inlinable public subscript(position: Int) -> Member { members[position] }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSON)...) {
    // Whoever writes a literal sees that its keys differ; it is how scores are made, by the thousand.
    self.init(unchecked: elements.map { Member(key: $0.0, value: $0.1) })
    assert(Set(members.map(\.key)).count == members.count, "a key occurs twice in a literal")
  }
}
