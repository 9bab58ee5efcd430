import Competition
import Store

/// How the ranking is sorted, and its rows as the page shows them. Pure.
struct LeaderboardOrder {
  struct Column: Sendable {
    var key: String
    var name: String
    var title: String?
  }

  struct Heading {
    var name: String
    var title: String?
    var href: String?
    /// `ascending` or `descending`, of the column that sorts.
    var sorted: String?
    var mark: String?
    var isNumber: Bool
    /// Whether it is the line, for which a phone has no room.
    var isCourse = false
  }

  struct Line {
    struct Figure {
      var key: String
      var text: String
      var isNegative: Bool
    }

    var id: String
    var path: String
    var rank: String
    var name: String
    var cruncher: String
    var spark: String?
    var figures: [Figure]
  }

  private let columns: [Column]
  private let key: String
  private let isAscending: Bool

  init(_ request: APIRequest, columns: [Column]) {
    self.columns = columns
    let known = Set(["rank", "name"] + columns.map(\.key))
    key = request.text("sort").flatMap { known.contains($0) ? $0 : nil } ?? "rank"
    isAscending = request.text("order").map { $0 == "asc" } ?? Self.beginsAscending(key)
  }

  var isByRank: Bool { key == "rank" && isAscending }

  private static func beginsAscending(_ key: String) -> Bool { key == "rank" || key == "name" }

  func name(of key: String) -> String { columns.first { $0.key == key }?.name ?? key }

  /// Rows without the value that sorts come last, whichever way.
  func sorted(_ rows: [LeaderboardRow]) -> [LeaderboardRow] {
    switch key {
    case "rank": return isAscending ? rows : rows.reversed()
    case "name":
      let sorted = rows.sorted { ($0.modelName ?? "").lowercased() < ($1.modelName ?? "").lowercased() }
      return isAscending ? sorted : sorted.reversed()
    default:
      let valued = rows.map { (row: $0, value: value(key, of: $0)) }
      let known = valued.compactMap { pair in pair.value.map { (row: pair.row, value: $0) } }
        .sorted { isAscending ? $0.value < $1.value : $0.value > $1.value }
      return known.map(\.row) + valued.filter { $0.value == nil }.map(\.row)
    }
  }

  private func value(_ key: String, of row: LeaderboardRow) -> Double? {
    row.metrics?.members.last { $0.key == key }?.value.number
  }

  func headings(_ request: APIRequest) -> [Heading] {
    func heading(_ key: String, _ name: String, _ title: String?, isNumber: Bool) -> Heading {
      let isSorting = key == self.key
      let ascends = isSorting ? !isAscending : Self.beginsAscending(key)
      return Heading(
        name: name, title: title, href: request.link(["sort": key, "order": ascends ? "asc" : "desc", "page": nil]),
        sorted: isSorting ? (isAscending ? "ascending" : "descending") : nil,
        mark: isSorting ? (isAscending ? "▲" : "▼") : nil, isNumber: isNumber)
    }
    let course = Heading(name: "Course", isNumber: false, isCourse: true)
    return [heading("rank", "Rank", nil, isNumber: true), heading("name", "Model", nil, isNumber: false), course]
      + columns.map { heading($0.key, $0.name, $0.title, isNumber: true) }
  }

  /// A mean of few values jumps about: the first eighth says little, and would make the rest flat.
  private static func settled(_ values: [Double?]) -> [Double] {
    Array(values.compactMap { $0 }.dropFirst(values.count / 8))
  }

  /// - Parameter all: every row, so that the figures of a column have as many decimals on all pages.
  func lines(_ shown: [LeaderboardRow], of all: [LeaderboardRow], _ courses: ModelCourses) -> [Line] {
    let decimals = columns.map { column in Shown.decimals(all.map { value(column.key, of: $0) }) }
    return shown.map { row in
      let id = row.modelID ?? ""
      return Line(
        id: id, path: "/models/\(id.percentEncoded)", rank: row.rank == 999_999 ? Shown.nothing : String(row.rank),
        name: row.modelName ?? id, cruncher: row.cruncherName ?? "",
        spark: courses.values[id].flatMap { Sparkline.path(Self.settled($0)) },
        figures: zip(columns, decimals).map { column, decimals in
          let value = value(column.key, of: row)
          return Line.Figure(
            key: column.key, text: Shown.figure(value, decimals: decimals), isNegative: (value ?? 0) < 0)
        })
    }
  }
}
