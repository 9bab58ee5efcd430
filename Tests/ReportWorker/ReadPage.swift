@testable import ReportWorker

/// What a page says in its tables, as a person reads it.
struct ReadPage {
  let html: String
  /// The cells of every row, without tags.
  let rows: [[String]]

  init(_ reply: ReportBench.Reply) {
    html = reply.text
    rows = reply.text.split(separator: "<tr>").dropFirst().map { row in
      row.prefix(upTo: row.firstRange(of: "</tr>")?.lowerBound ?? row.endIndex)
        .split(separator: /<\/t[dh]>/, omittingEmptySubsequences: false).dropLast().map { cell in
          cell.replacing(/<[^>]*>/, with: " ").split { $0 == " " || $0.isNewline }.joined(separator: " ")
        }
    }
  }

  /// The first row that has a cell of this text.
  func row(_ text: String) -> [String]? { rows.first { $0.contains(text) } }
}

extension ReportBench {
  func read(_ path: String) async throws -> ReadPage { ReadPage(try await get(path)) }
}
