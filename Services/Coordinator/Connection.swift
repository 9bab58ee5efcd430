import ArgumentParser
import Bus
import Foundation
import ServiceKit
import Store

/// What most commands begin with: the settings, or an exit that names all that is wrong with them.
struct Connection: Sendable {
  let common: CommonSettings
  let store: Store
  let bus: RedisBus

  init() throws {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let common = CommonSettings(&reader)
    try Self.check(reader.problems)
    self.common = common
    var database = common.database
    database.applicationName = "coordinator"
    store = Store(database, connections: 2)
    bus = RedisBus(common.redis, keyPrefix: common.keyPrefix, clientName: "coordinator")
  }

  /// A store whose statements may take an hour, and whose transaction may rest as long.
  static func forLongReads() throws -> Store {
    var database = try Connection().common.database
    database.applicationName = "coordinator"
    database.statementTimeout = 3_600
    database.idleTransactionTimeout = 3_600
    return Store(database, connections: 4)
  }

  static func check(_ problems: [SettingProblem]) throws {
    guard !problems.isEmpty else { return }
    for problem in problems { Terminal.complain("\(problem)") }
    throw ExitCode(ServiceMain.exitConfiguration)
  }
}

/// Options that every command of output has.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print JSON for programs.")
  var json = false
}
