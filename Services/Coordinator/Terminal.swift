import Competition
import Foundation
import Logging

/// Output for people: tables, and lines on standard error.
enum Terminal {
  static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

  /// For parts that log what the command itself says.
  static let silence = Logger(label: "coordinator") { _ in SwiftLogNoOpLogHandler() }

  static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  /// Writes now, also where output is a pipe.
  static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
  static func line(_ text: String = "") { write(text + "\n") }
  static func json(_ value: JSON) { line(value.text) }

  /// Columns as wide as their widest cell; those of `right` begin with blanks.
  static func table(_ header: [String], _ rows: [[String]], right: Set<Int> = []) -> String {
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    return ([header] + rows).map { row in
      row.enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        return right.contains(column) ? blanks + cell : cell + blanks
      }.joined(separator: "  ").trimmingCharacters(in: .init(charactersIn: " "))
    }.joined(separator: "\n")
  }
}
