import ArgumentParser
import Competition
import Foundation
import ServiceKit

struct Config: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the settings.", subcommands: [Show.self], defaultSubcommand: Show.self)

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists every variable with its value and where it comes from; secrets are masked.")
    @OptionGroup var output: OutputOptions
    @Flag(help: "Print the table of the README: names, defaults and meanings.")
    var markdown = false

    func run() throws {
      let node = NodeSettings(environment: markdown ? [:] : ProcessInfo.processInfo.environment)
      let (reader, settings) = (node.reader, node.unique)
      if markdown { return Self.table(settings) }
      if output.json {
        Terminal.json(
          .array(
            settings.map {
              .object([
                "name": .string($0.name), "value": .string($0.value), "source": JSON($0.source),
                "default": .string($0.fallback), "summary": .string($0.summary),
              ])
            }))
      } else {
        let options = reader.environment.filter { $0.key.hasPrefix("FEED_OPT_") && !reader.knownNames.contains($0.key) }
          .sorted { $0.key < $1.key }
        let rows =
          settings.map { [$0.name, $0.value, $0.source ?? "default"] } + options.map { [$0.key, $0.value, $0.key] }
        Terminal.line(Terminal.table(["variable", "value", "from"], rows))
      }
      try Connection.check(node.problems)
    }

    private static func table(_ settings: [ReadSetting]) {
      Terminal.line("| variable | default | meaning |\n| --- | --- | --- |")
      for setting in settings {
        Terminal.line(
          "| `\(setting.name)` | \(setting.fallback.isEmpty ? "" : "`\(setting.fallback)`") | \(setting.summary) |")
      }
    }
  }
}
