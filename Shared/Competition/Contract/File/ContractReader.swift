import Yams

/// Takes values out of a contract file and notes what is wrong, with its place, so that one look shows all of it.
struct ContractReader {
  private(set) var problems: [ContractProblem] = []

  /// A value with the keys down to it.
  struct Place {
    var node: Node
    var path: String

    /// A value of a mapping, without a look at the others.
    func member(_ key: String) -> Place? {
      node.mapping?[Node(key)].map { Place(node: $0, path: path.isEmpty ? key : path + "." + key) }
    }
  }

  mutating func refuse(_ place: Place, _ message: String) {
    let mark = place.node.mark
    problems.append(
      ContractProblem(line: mark?.line ?? 1, column: mark?.column ?? 1, path: place.path, message: message))
  }

  /// The members of a mapping by key, in their order. A key that is not in `known` is a problem.
  mutating func members(_ place: Place?, known: [String]?) -> [(key: String, place: Place)] {
    guard let place, !place.node.isNothing else { return [] }
    guard let mapping = place.node.mapping else {
      refuse(place, "must be a mapping" + (known.map { " with any of " + $0.joined(separator: ", ") } ?? ""))
      return []
    }
    var members: [(key: String, place: Place)] = []
    for (key, value) in mapping {
      let name = key.scalar?.string ?? ""
      let path = place.path.isEmpty ? name : place.path + "." + name
      guard let known, !known.contains(name) else {
        members.append((name, Place(node: value, path: path)))
        continue
      }
      let hint = NearestName.of(name, among: known).map { "; did you mean \($0)?" }
      refuse(
        Place(node: key, path: path), "is not known here" + (hint ?? "; known are " + known.joined(separator: ", ")))
    }
    return members
  }

  /// The members of a mapping that has some of these keys and no other.
  mutating func section(_ place: Place?, keys: [String]) -> [String: Place] {
    Dictionary(members(place, known: keys).map { ($0.key, $0.place) }, uniquingKeysWith: { first, _ in first })
  }

  /// The items of a list.
  mutating func items(_ place: Place?) -> [Place] {
    guard let place, !place.node.isNothing else { return [] }
    guard let sequence = place.node.sequence else {
      refuse(place, "must be a list")
      return []
    }
    return sequence.enumerated().map { Place(node: $0.element, path: "\(place.path)[\($0.offset)]") }
  }

  mutating func text(_ place: Place?, default fallback: String) -> String {
    guard let place else { return fallback }
    guard let scalar = place.node.scalar, !scalar.string.isEmpty, !place.node.isNothing else {
      refuse(place, "must be a text that is not empty")
      return fallback
    }
    return scalar.string
  }

  mutating func word<Word: RawRepresentable & CaseIterable>(_ place: Place?, default fallback: Word) -> Word
  where Word.RawValue == String {
    guard let place else { return fallback }
    if let word = place.node.scalar.flatMap({ Word(rawValue: $0.string) }) { return word }
    let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
    let hint = NearestName.of(place.node.scalar?.string ?? "", among: Word.allCases.map(\.rawValue)).map {
      "; did you mean \($0)?"
    }
    refuse(place, "must be one of \(words), not \(place.node.spelling)" + (hint ?? ""))
    return fallback
  }

  mutating func callable<Builtin>(
    _ place: Place?, default fallback: ExtensionReference<Builtin>
  ) -> ExtensionReference<Builtin> {
    guard let place else { return fallback }
    do { return try ExtensionReference(place.node.scalar?.string ?? "") } catch {
      refuse(place, "\(place.node.spelling) \(error.reason); \(error.hint)")
      return fallback
    }
  }

  mutating func integer(_ place: Place?, default fallback: Int, in range: ClosedRange<Int>, unit: String) -> Int {
    guard let place else { return fallback }
    if let number = place.node.int, range.contains(number) { return number }
    refuse(
      place,
      "must be a whole number of \(unit) from \(range.lowerBound) to \(range.upperBound), not \(place.node.spelling); "
        + "such as \(fallback)")
    return fallback
  }

  mutating func number(_ place: Place?, in range: ClosedRange<Double>) -> Double? {
    guard let place else { return nil }
    if let number = place.node.float, range.contains(number) { return number }
    refuse(place, "must be a number from \(range.lowerBound) to \(range.upperBound), not \(place.node.spelling)")
    return nil
  }

  mutating func json(_ place: Place) -> JSON {
    switch place.node {
    case .scalar(let scalar):
      let value = Self.json(scalar, place.node)
      if !value.isFinite { refuse(place, "must be a finite number, not \(place.node.spelling)") }
      return value
    case .sequence(let sequence):
      return .array(sequence.map { json(Place(node: $0, path: place.path)) })
    case .mapping(let mapping):
      return .object(
        JSONObject(mapping.map { ($0.key.scalar?.string ?? "", json(Place(node: $0.value, path: place.path))) }))
    case .alias:
      refuse(place, "is an alias that points at nothing")
      return .null
    }
  }

  private static func json(_ scalar: Node.Scalar, _ node: Node) -> JSON {
    // A text in quotes is a text, whatever is in it.
    guard scalar.style != .singleQuoted, scalar.style != .doubleQuoted else { return .string(scalar.string) }
    if node.isNothing { return .null }
    if let integer = node.int { return .int(Int64(integer)) }
    if let number = node.float { return .double(number) }
    if let flag = node.bool { return .bool(flag) }
    return .string(scalar.string)
  }
}

extension Node {
  /// Whether nothing is written, or `null`.
  var isNothing: Bool {
    scalar.map { $0.style == .plain && ["", "~", "null", "Null", "NULL"].contains($0.string) } ?? false
  }

  /// As an error quotes it.
  var spelling: String {
    switch self {
    case .scalar(let scalar): "\"\(scalar.string)\""
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }
}
