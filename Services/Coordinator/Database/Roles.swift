import ArgumentParser
import Foundation
import ServiceKit
import Store

struct Roles: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Gives each service a role in PostgreSQL with just its rights, and its password.",
    discussion: """
      To be run as the owner of the schema, after each migration; doing it again changes nothing. A password is read from the
      file SERVICE.database-password of a folder; a role without such a file keeps the password that it has.
      """)
  @Option(help: "Folder with the passwords.") var secrets = "/run/secrets"

  private static let services = [
    "feed-data-worker", "predict-worker", "score-worker", "checkpoint-worker", "report-worker",
  ]

  func run() async throws {
    let passwords = try passwords()
    let script = String(decoding: PackageResources.roles_sql, as: UTF8.self)
    try await Connection().store.server.grant(script, passwords: passwords)
    Terminal.line(
      "\(Self.services.count) roles have their rights, \(passwords.count) of them a password from \(secrets)")
  }

  /// By role. A file that is there and cannot be read ends the command.
  private func passwords() throws -> [String: String] {
    var found: [String: String] = [:]
    for service in Self.services {
      let path = "\(secrets)/\(service).database-password"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      found[service] = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    return found
  }
}
