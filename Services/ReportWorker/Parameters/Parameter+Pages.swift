import Competition
import Store

/// What part of a long list is wanted.
struct PageRequest: Sendable, Hashable {
  var limit: Int
  /// Rows before it.
  var offset: Int
}

extension Parameter where Value == PageRequest {
  /// `limit` and `cursor` of a list that the original answers whole.
  static var page: Parameter {
    let declarations = [
      ParameterDeclaration(
        name: "limit", summary: "The most rows; a Link header leads to more.",
        schema: .integer(minimum: 1, maximum: Page.rows), fallback: JSON(Page.rows)),
      ParameterDeclaration(
        name: "cursor", summary: "Where the page before ended, from its Link header.",
        schema: .integer(minimum: 0, maximum: 1_000_000_000)),
    ]
    return Parameter(declarations: declarations) { reader in
      PageRequest(
        limit: reader.integer("limit", in: 1...Page.rows) ?? Page.rows,
        offset: reader.integer("cursor", in: 0...1_000_000_000) ?? 0)
    }
  }
}

/// How many points of a chart are wanted.
struct ChartRequest: Sendable, Hashable {
  enum Detail: Sendable, Hashable {
    /// Every row while they are few, else a thinned picture.
    case automatic
    /// At most one moment in so many seconds.
    case thinned(seconds: Int)
    /// Every row, a page at a time; nil: the first page.
    case pages(after: ReportCursor?)
  }

  var limit: Int
  var detail: Detail
}

extension Parameter where Value == ChartRequest {
  /// `limit`, `resolution` and `cursor` of a list that charts draw.
  static var chart: Parameter {
    let declarations = [
      ParameterDeclaration(
        name: "limit", summary: "The most rows; where there are more, they are thinned evenly over the range.",
        schema: .integer(minimum: 1, maximum: Page.rows), fallback: JSON(Page.rows)),
      ParameterDeclaration(
        name: "resolution", summary: "Seconds between the moments that are shown, at least.",
        schema: .integer(minimum: 1, maximum: 31_536_000)),
      ParameterDeclaration(
        name: "cursor",
        summary: "Asks for every row, a page at a time: empty for the first, then what the Link header says.",
        schema: .text(pattern: #"^(-?[0-9]{1,17}\.[^\x00]*)?$"#)),
    ]
    return Parameter(declarations: declarations) { reader in
      let limit = reader.integer("limit", in: 1...Page.rows) ?? Page.rows
      let seconds = reader.integer("resolution", in: 1...31_536_000)
      guard let text = reader.text("cursor") else {
        return ChartRequest(limit: limit, detail: seconds.map { .thinned(seconds: $0) } ?? .automatic)
      }
      let cursor = text.isEmpty ? nil : ReportCursor(text)
      if !text.isEmpty, cursor == nil {
        reader.refuse("cursor", "value_error", "Input should be a cursor of a Link header")
      }
      return ChartRequest(limit: limit, detail: .pages(after: cursor))
    }
  }
}
