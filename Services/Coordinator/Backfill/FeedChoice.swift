import ArgumentParser
import Competition
import Foundation
import ServiceKit

/// Which feeds a command is about; what is not said is that of the FEED_ variables.
struct FeedChoice: ParsableArguments {
  @Option(name: [.customLong("subject"), .customShort("s")], help: "A subject, or several with commas.")
  var subjects: [String] = []
  @Option(help: "Where the records come from, as binance.") var source: String?
  @Option(help: "candle or tick.") var kind: String?
  @Option(name: .shortAndLong, help: "Length of a candle, as 1m.") var granularity: String?

  /// One key for each subject.
  func keys() throws -> [FeedKey] {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let feed = FeedSettings(&reader)
    try Connection.check(reader.problems)
    let chosen = named.isEmpty ? feed.subjects : named
    let length = granularity ?? feed.granularity.text
    guard Granularity(length) != nil else {
      throw ValidationError("--granularity \(length) is no positive number with s, m, h or d, as 1m")
    }
    var seen: Set<String> = []
    return chosen.filter { seen.insert($0).inserted }.map { subject in
      FeedKey(
        source: source?.lowercased() ?? feed.source, subject: subject,
        kind: kind.map { FeedKind(rawValue: $0.lowercased()) } ?? feed.kind, granularity: length)
    }
  }

  /// Whether any of it was said.
  var isEmpty: Bool { subjects.isEmpty && source == nil && kind == nil && granularity == nil }

  /// What was said, as a filter: all feeds when nothing was.
  var filter: FeedFilter {
    FeedFilter(subjects: named, source: source?.lowercased(), kind: kind?.lowercased(), granularity: granularity)
  }

  private var named: [String] {
    subjects.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }
}

/// Which of the feeds that are there are meant; an absent part leaves it open.
struct FeedFilter: Sendable {
  let subjects: [String]
  let source: String?
  let kind: String?
  let granularity: String?

  func includes(_ key: FeedKey) -> Bool {
    (subjects.isEmpty || subjects.contains(key.subject)) && (source ?? key.source) == key.source
      && (kind ?? key.kind.rawValue) == key.kind.rawValue && (granularity ?? key.granularity) == key.granularity
  }
}

/// A moment on the command line: a date, a date with a time, or how long ago, as 6h or 7d.
struct Moment: ExpressibleByArgument {
  private enum Spelling {
    case time(Timestamp)
    case ago(Granularity)
  }

  private let spelling: Spelling

  init?(argument: String) {
    if let ago = Granularity(argument) {
      spelling = .ago(ago)
    } else if let time = Timestamp(iso8601: argument) {
      spelling = .time(time)
    } else {
      return nil
    }
  }

  func time(now: Timestamp) -> Timestamp {
    switch spelling {
    case .time(let time): time
    case .ago(let span): now.adding(seconds: -span.seconds)
    }
  }
}
