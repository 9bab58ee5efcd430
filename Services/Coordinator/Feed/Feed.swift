import ArgumentParser

struct Feed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Looks at the feed and records it.", subcommands: [RecordFeed.self])
}
