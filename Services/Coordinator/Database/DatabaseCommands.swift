import ArgumentParser
import Competition
import Foundation
import ServiceKit
import Store

struct Database: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "db", abstract: "Makes, seeds and resets the database.",
    subcommands: [Migrate.self, Seed.self, Roles.self, Reset.self, SchemaStatus.self])
}

struct Migrate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Brings the schema to the version of this build.")
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let applied = try await Connection().store.migrator.migrate()
    if output.json {
      Terminal.json(.object(["applied": .array(applied.map(JSON.string))]))
    } else {
      Terminal.line(applied.isEmpty ? "the schema is current" : "applied: " + applied.joined(separator: ", "))
    }
  }
}

struct Seed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Migrates, and seeds the prediction configs from SCHEDULED_PREDICTION_CONFIGS_PATH.",
    discussion: "Doing it again changes nothing. A config that changed gets a new id, and the old one becomes inactive."
  )
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let seeded = try await Seeding.run(try Connection().store)
    if output.json {
      func list(_ ids: [String]) -> JSON { .array(ids.map(JSON.string)) }
      Terminal.json(
        .object(["added": list(seeded.added), "kept": list(seeded.kept), "deactivated": list(seeded.deactivated)]))
    } else {
      Terminal.line(
        "configs: \(seeded.added.count) added, \(seeded.kept.count) kept, \(seeded.deactivated.count) deactivated")
    }
  }
}

/// The original's name of `db init`.
struct InitDatabase: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "init-db", abstract: "The same as `db init`.")
  @OptionGroup var seed: Seed
  func run() async throws { try await seed.run() }
}

struct Reset: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Deletes all data and makes the schema anew.")
  @Flag(help: "Do not ask.")
  var yes = false

  func run() async throws {
    let connection = try Connection()
    if !yes {
      Terminal.write("This deletes everything in \(connection.common.database). Type yes to go on: ")
      guard readLine() == "yes" else {
        Terminal.line("nothing was deleted")
        throw ExitCode(1)
      }
    }
    _ = try await connection.store.migrator.reset()
    Terminal.line("the database is empty and its schema current")
  }
}

struct SchemaStatus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Says whether the schema is that of this build; exit 1 when it is not.")
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let status = try await Connection().store.migrator.status()
    if output.json {
      Terminal.json(.object(["current": .bool(status == .current), "status": .string("\(status)")]))
    } else {
      Terminal.line("\(status)")
    }
    if status != .current { throw ExitCode(1) }
  }
}

/// Migrates and seeds.
enum Seeding {
  static func run(_ store: Store) async throws -> ConfigStore.Seeded {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let settings = SeedSettings(&reader)
    try Connection.check(reader.problems)
    let configs = try configs(settings)
    _ = try await store.migrator.migrate()
    return try await store.configs.seed(configs)
  }

  /// The file's where there is one, else those of the contract.
  private static func configs(_ settings: SeedSettings) throws -> [ScheduledPredictionConfig] {
    let shortest = settings.feed.kind == .candle ? settings.feed.granularity.seconds : 0
    let source = settings.path.map { "SCHEDULED_PREDICTION_CONFIGS_PATH \($0)" } ?? "the contract's schedules"
    do {
      guard let path = settings.path else {
        guard settings.contract.schedules != nil else { return ScheduleFile.default }
        return try ScheduleFile.configs(
          from: settings.contract.json["schedules"] ?? .null, shortestHorizon: shortest)
      }
      return try ScheduleFile.configs(
        from: try JSON(parsing: String(contentsOfFile: path, encoding: .utf8)), shortestHorizon: shortest)
    } catch {
      Terminal.complain("\(source) cannot be used:\n\(error)")
      throw ExitCode(ServiceMain.exitConfiguration)
    }
  }
}
