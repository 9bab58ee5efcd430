import Competition

/// What is told of an id: what it is, what happened to it and when, why it is where it is, and what happens next.
package struct Story: Sendable, Equatable {
  package struct Event: Sendable, Equatable {
    package var at: Timestamp
    package var what: String
  }

  package struct Fact: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  /// What the id is of: `prediction`, `input`, `worker`, …
  package var kind: String
  package var id: String
  /// Where it stands, in a word or two: `SCORED`, `provisional`.
  package var state: String
  package var facts: [Fact] = []
  package var life: [Event] = []
  package var why: String
  package var next: String
  /// The rows that this is read from: a table and an id.
  package var rows: [String] = []

  package mutating func fact(_ name: String, _ value: String?) {
    if let value, !value.isEmpty { facts.append(Fact(name: name, value: value)) }
  }

  package mutating func event(_ at: Timestamp?, _ what: String) {
    if let at { life.append(Event(at: at, what: what)) }
  }

  /// In the order in which it happened; what happened at the same time stays in the order in which it is told.
  package var orderedLife: [Event] {
    life.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }

  package var text: String {
    var lines = ["\(kind) \(id): \(state)"]
    let width = facts.map(\.name.count).max() ?? 0
    for fact in facts {
      lines.append("  \(fact.name)\(String(repeating: " ", count: width - fact.name.count))  \(fact.value)")
    }
    if !life.isEmpty { lines.append("life") }
    for event in orderedLife { lines.append("  \(event.at)  \(event.what)") }
    lines += ["why   \(why)", "next  \(next)"]
    if !rows.isEmpty { lines.append("rows  " + rows.joined(separator: ", ")) }
    return lines.joined(separator: "\n")
  }

  package var json: JSON {
    .object([
      "kind": .string(kind), "id": .string(id), "state": .string(state),
      "facts": .object(JSONObject(facts.map { ($0.name, .string($0.value)) })),
      "life": .array(
        orderedLife.map { .object(["at": .string($0.at.iso8601(.z)), "what": .string($0.what)]) }),
      "why": .string(why), "next": .string(next), "rows": .array(rows.map(JSON.string)),
    ])
  }
}
