import Diagnosis
import Foundation
import ServiceKit

extension ExplainSettings {
  /// From the environment, or an exit that names what is wrong there.
  static func read() throws -> ExplainSettings {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    let settings = ExplainSettings(&reader)
    try Connection.check(reader.problems)
    return settings
  }
}
