import Competition
import Store

extension APIRequest {
  /// A text of the query; nil where it is empty, or nothing that could be stored.
  func text(_ name: String) -> String? { query.last { $0.name == name }.flatMap { Self.storable($0.value) } }

  /// A part of the path.
  func part(_ name: String) -> String? { parameters[name].flatMap(Self.storable) }

  private static func storable(_ text: String) -> String? {
    let trimmed = String(Substring(text).trimmed)
    return trimmed.isEmpty || trimmed.hasNUL ? nil : trimmed
  }

  /// The way to this page with another query.
  func link(_ changes: KeyValuePairs<String, String?>) -> String {
    let names = Set(changes.map(\.key))
    let kept = query.filter { !names.contains($0.name) }
    let items = kept + changes.compactMap { change in change.value.map { QueryItem(name: change.key, value: $0) } }
    let text = items.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
    // Encoded anew, as it was decoded for the routes.
    let address = path.split(separator: "/", omittingEmptySubsequences: false).map { String($0).percentEncoded }
      .joined(separator: "/")
    return text.isEmpty ? address : "\(address)?\(text)"
  }
}

/// Spans of time that charts can be seen over: those of the contract's windows.
struct ChartSpan {
  var hours: Int
  var choices: [Choice]

  /// - Parameter request: its `hours` say which; without it the window that ranks, else the first one.
  init(_ request: APIRequest, _ aggregation: CrunchContract.Aggregation) {
    let hours = Set(aggregation.windows.map(\.hours)).sorted()
    let usual =
      aggregation.windows.first { $0.name == aggregation.rankingKey }?.hours ?? hours.first ?? 168
    let wanted = request.text("hours").flatMap { Int($0) }.flatMap { hours.contains($0) ? $0 : nil } ?? usual
    self.hours = wanted
    choices = hours.map { hours in
      Choice(
        name: hours % 24 == 0 && hours > 24 ? "\(hours / 24) days" : "\(hours) h",
        href: request.link(["hours": String(hours)]), isCurrent: hours == wanted)
    }
  }

  func range(until end: Timestamp) -> ReportRange {
    ReportRange(start: end.adding(seconds: -hours * 3_600), end: end)
  }
}
