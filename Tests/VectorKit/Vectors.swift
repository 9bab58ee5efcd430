import Competition
import Foundation

/// Golden vectors: inputs and outputs computed by the originals. They are read from `VECTORS_DIR` when it is set, else from
/// the project's copy in `Tests/Conformance/Vectors`.
public struct Vectors: Sendable {
  public struct Case: Sendable, CustomStringConvertible {
    public var id: String
    public var input: JSON
    /// nil when the original raises.
    public var expected: JSON?
    /// All that the case holds; some files carry more than input and result.
    public var members: JSONObject
    public var description: String { id }
  }

  public var cases: [Case]

  /// - Parameter name: of the file, as `v101_ranking`.
  public init(_ name: String) throws {
    let copy = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Conformance/Vectors")
    let folder = ProcessInfo.processInfo.environment["VECTORS_DIR"].map { URL(filePath: $0) } ?? copy
    let data = try Data(contentsOf: folder.appending(path: name + ".json").standardizedFileURL)
    let file = try JSON(parsing: [UInt8](data))
    cases = (file["cases"]?.array ?? []).map { item in
      Case(
        id: item["id"]?.string ?? "?", input: Self.plain(item["input"] ?? .null),
        expected: item["error"] == nil ? Self.plain(item["expected"] ?? .null) : JSON?.none,
        members: item.object ?? [:])
    }
  }

  /// The value with `{"$float": "nan"}` and its kin as the numbers they stand for.
  private static func plain(_ value: JSON) -> JSON {
    switch value {
    case .array(let values): return .array(values.map(plain))
    case .object(let object):
      if object.count == 1, let text = object["$float"]?.string { return .double(JSON.string(text).floatValue ?? .nan) }
      return .object(JSONObject(object.map { ($0.key, plain($0.value)) }))
    default: return value
    }
  }
}

/// Whether two values are equal as the vectors mean it: numbers within 1e-9 relative or 1e-12 absolute, `1` and `1.0` the
/// same, keys in any order, everything else exactly.
public func agree(_ left: JSON, _ right: JSON) -> Bool { agree(left, right, relative: 1e-9) }

/// As `agree`, with numbers within 1e-12 of each other, relative where they are above 1.
public func isClose(_ left: JSON, _ right: JSON) -> Bool { agree(left, right, relative: 1e-12) }

private func agree(_ left: JSON, _ right: JSON, relative: Double) -> Bool {
  switch (left, right) {
  case (.array(let left), .array(let right)):
    return left.count == right.count && zip(left, right).allSatisfy { agree($0, $1, relative: relative) }
  case (.object(let left), .object(let right)):
    return left.count == right.count
      && left.allSatisfy { member in right[member.key].map { agree(member.value, $0, relative: relative) } ?? false }
  default:
    guard let first = left.number, let second = right.number else { return left == right }
    if first.isNaN || second.isNaN { return first.isNaN && second.isNaN }
    return first == second || abs(first - second) <= max(1e-12, relative * max(abs(first), abs(second)))
  }
}

extension JSON {
  /// A moment in ISO 8601; without an offset it is UTC.
  public var time: Timestamp? { string.flatMap { Timestamp(iso8601: $0) } }
}
