import Competition
import Foundation

@testable import ReportWorker

extension Schema {
  /// What about a value does not fit this shape, each with its place; empty when all of it does.
  func problems(_ value: JSON, at place: String = "$") -> [String] {
    switch self {
    case .anything: return []
    case .integer(let minimum, let maximum):
      guard let number = value.number, number == number.rounded() else { return ["\(place) is no integer"] }
      let fits = minimum.map { number >= Double($0) } ?? true && maximum.map { number <= Double($0) } ?? true
      return fits ? [] : ["\(place) is out of range"]
    case .number(minimum: _, maximum: _): return value.number == nil ? ["\(place) is no number"] : []
    case .boolean: return value.bool == nil ? ["\(place) is no boolean"] : []
    case .text(let format, let pattern): return Self.problems(text: value, format, pattern, at: place)
    case .choice(let texts) where texts.isEmpty: return value.isNull ? [] : ["\(place) is not null"]
    case .choice(let texts):
      return value.string.map(texts.contains) == true ? [] : ["\(place) is none of \(texts)"]
    case .list(let items, _):
      guard let values = value.array else { return ["\(place) is no list"] }
      return values.enumerated().flatMap { items.problems($0.element, at: "\(place)[\($0.offset)]") }
    case .map(let values):
      guard let object = value.object else { return ["\(place) is no object"] }
      return object.flatMap { values.problems($0.value, at: "\(place).\($0.key)") }
    case .record(let members, let others): return Self.problems(record: value, members, others, at: place)
    case .either(let schemas):
      return schemas.contains { $0.problems(value, at: place).isEmpty } ? [] : ["\(place) fits none: \(value.text)"]
    case .named(let name):
      guard let schema = Schema.components.first(where: { $0.key == name })?.value else {
        return ["\(place): there is no component \(name)"]
      }
      return schema.problems(value, at: place)
    }
  }

  private static func problems(text value: JSON, _ format: String?, _ pattern: String?, at place: String) -> [String] {
    guard let text = value.string else { return ["\(place) is no text"] }
    if let pattern, text.range(of: pattern, options: .regularExpression) == nil {
      return ["\(place) does not fit \(pattern): \(text)"]
    }
    guard format == "date-time" else { return [] }
    let hasOffset = text.hasSuffix("Z") || text.hasSuffix("+00:00")
    return hasOffset && Timestamp(iso8601: text) != nil ? [] : ["\(place) is no moment with an offset: \(text)"]
  }

  private static func problems(
    record value: JSON, _ members: KeyValuePairs<String, Schema>, _ others: Schema?, at place: String
  ) -> [String] {
    guard let object = value.object else { return ["\(place) is no object"] }
    let known = Set(members.map(\.key))
    let missing = members.filter { object[$0.key] == nil }.map { "\(place).\($0.key) is missing" }
    let wrong = members.flatMap { member in
      object[member.key].map { member.value.problems($0, at: "\(place).\(member.key)") } ?? []
    }
    let more = object.filter { !known.contains($0.key) }.flatMap { member in
      others?.problems(member.value, at: "\(place).\(member.key)") ?? ["\(place).\(member.key) is not declared"]
    }
    return missing + wrong + more
  }
}
