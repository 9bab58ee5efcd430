import Competition
import Foundation
import Postgres
import Store

// How long the feed's look-ups take, as the predict and the score worker make them, on the database that DATABASE_URL names: a
// window of a feed's newest records, the records of an hour in which a truth lies, and the first record after a moment. Feeds
// and moments change from one to the next. Prints a JSON object a line, in milliseconds.
//
//   FeedBench LOOKUPS

let environment = ProcessInfo.processInfo.environment
guard CommandLine.arguments.count == 2, let count = Int(CommandLine.arguments[1]), count > 0,
  let configuration = environment["DATABASE_URL"].flatMap(PostgresConfiguration.init(url:))
else {
  FileHandle.standardError.write(Data("usage: DATABASE_URL=… FeedBench LOOKUPS\n".utf8))
  exit(64)
}

/// A look-up and how many records it finds.
struct Lookup {
  var name: String
  var found: Int
  var run: (FeedKey, Timestamp) async throws -> Int
}

let store = Store(configuration, connections: 1)
let feeds = try await store.feeds.streams()
let spans = try await store.feeds.partitions()
guard let oldest = spans.compactMap(\.start).min(), let newest = feeds.compactMap(\.watermark).min() else {
  FileHandle.standardError.write(Data("the database has no feeds\n".utf8))
  exit(1)
}
let lookups = [
  Lookup(name: "window of 120", found: 120) { key, _ in try await store.feeds.newest(of: key, limit: 120).count },
  Lookup(name: "hour of a truth", found: 61) { key, moment in
    try await store.feeds.records(of: key, from: moment, through: moment.adding(seconds: 3_600), limit: 100).count
  },
  Lookup(name: "first after", found: 1) { key, moment in
    try await store.feeds.first(of: key, after: moment) == nil ? 0 : 1
  },
]
// All feeds and moments are visited, far apart one after the other.
let minutes = Int(newest.seconds(since: oldest)) / 60 - 120
for lookup in lookups {
  var took: [Double] = []
  for turn in -20..<count {
    let key = feeds[(turn + 20) * 17 % feeds.count].key
    let moment = oldest.adding(seconds: 60 * (1 + (turn + 20) * 1_000_003 % minutes))
    let began = ContinuousClock.now
    let found = try await lookup.run(key, moment)
    // The first runs are planned anew each time.
    if turn >= 0 { took.append((ContinuousClock.now - began) / .milliseconds(1)) }
    guard found == lookup.found else {
      let text = "\(lookup.name): \(found) records instead of \(lookup.found); no figure\n"
      FileHandle.standardError.write(Data(text.utf8))
      exit(1)
    }
  }
  took.sort()
  let figures: JSON = [
    "lookup": .string(lookup.name), "p50": .double(took[count / 2]), "p99": .double(took[count * 99 / 100]),
    "most": .double(took[count - 1]),
  ]
  print(figures.text)
}
