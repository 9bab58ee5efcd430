import ArgumentParser
import Bus
import Competition
import Foundation
import ServiceKit

struct Streams: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Looks into the streams.",
    subcommands: [List.self, Groups.self, Pending.self, Peek.self, Tail.self, Trim.self, Rebuild.self],
    defaultSubcommand: List.self)
}

extension BusStream: ExpressibleByArgument {}

extension Streams {
  struct Peek: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows the newest entries of a stream.")
    @Argument(help: "feed.records, predictions.pending or scores.ready") var stream: BusStream
    @Option(name: .shortAndLong, help: "How many entries.") var count = 10
    @OptionGroup var output: OutputOptions

    func run() async throws {
      for entry in try await Connection().bus.entries(of: stream, after: nil, limit: count) {
        EntryText.print(entry, json: output.json)
      }
    }
  }

  struct Tail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows entries of a stream as they come, until Ctrl-C.")
    @Argument(help: "feed.records, predictions.pending or scores.ready") var stream: BusStream
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let bus = try Connection().bus
      var last =
        try await bus.entries(of: stream, after: nil, limit: 1).last?.id
        ?? EntryID(milliseconds: 0, sequence: 0)
      while true {
        for entry in try await bus.entries(of: stream, after: last, limit: 1_000) {
          EntryText.print(entry, json: output.json)
          last = entry.id
        }
        try await Task.sleep(for: .milliseconds(200))
      }
    }
  }
}

/// An entry as a person reads it: when it was added, what it is, and its fields.
enum EntryText {
  static func print(_ entry: BusEntry, json: Bool) {
    let time = Timestamp(milliseconds: Int64(entry.id.milliseconds))
    if json {
      var object: JSONObject = ["id": .string(entry.id.description), "added_at": .string(time.iso8601(.z))]
      for field in entry.fields { object[field.name] = .string(field.value) }
      return Terminal.json(.object(object))
    }
    let fields = entry.fields.filter { $0.name != "v" && $0.name != "kind" && !$0.value.isEmpty }
    let kind = entry.fields.first { $0.name == "kind" }?.value ?? "?"
    Terminal.line("\(time)  \(entry.id)  \(kind)")
    for field in fields { Terminal.line("    \(field.name): \(field.value)") }
  }
}
