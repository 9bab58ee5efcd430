import Competition
import Configuration
import Foundation

/// What is wrong with a variable. Values of secrets are never in it.
public struct SettingProblem: Sendable, Hashable, CustomStringConvertible {
  public var name: String
  /// As it was found, masked for a secret; nil when it is missing.
  public var value: String?
  public var expected: String
  public var example: String
  /// What is wrong in the place that the value points at; said instead of what was expected.
  public var cause: String?

  public var description: String {
    if let cause { return "\(name): \(cause)" }
    let found = value.map { "is \"\($0)\"" } ?? "is missing"
    return "\(name) \(found); expected \(expected), for example \(name)=\(example)"
  }
}

/// All problems of a start at once.
public struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
  public var problems: [SettingProblem]
  public init(problems: [SettingProblem]) { self.problems = problems }
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A variable as it was read, for `config show`, help texts and the README.
public struct ReadSetting: Sendable, Hashable {
  public var name: String
  /// Masked for a secret.
  public var value: String
  /// The variable that gave the value; nil: the default holds.
  public var source: String?
  public var fallback: String
  public var expected: String
  public var summary: String
  /// Older names, looked at in order when the variable is not set.
  public var aliases: [String]
  public var isSecret: Bool
}

/// Reads settings from the environment and collects what is wrong, so that a start ends with all problems at once.
///
/// A secret may also be in a file: `NAME_FILE` is its path.
public struct SettingsReader: Sendable {
  private let configuration: ConfigReader
  /// All variables, for those whose names are open (`FEED_OPT_…`).
  public let environment: [String: String]
  public private(set) var problems: [SettingProblem] = []
  public private(set) var settings: [ReadSetting] = []
  /// All names that a variable may have which was asked for: its own, older ones, those of files of secrets.
  public private(set) var knownNames: Set<String> = []
  /// The contract, once it was read.
  var knownContract: CrunchContract?
  /// The contract that the program brings along as a value.
  let ownContract: CrunchContract?

  /// - Parameter contract: of a program that has it as a value, in place of a file.
  public init(environment: [String: String], contract: CrunchContract? = nil) {
    self.environment = environment
    ownContract = contract
    configuration = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
  }

  /// The value of a setting. A wrong value is noted as a problem, and the default stands in until `finish`.
  public mutating func value<Value>(_ setting: Setting<Value>) -> Value {
    let found = lookUp(setting)
    var result = setting.fallback
    if let found {
      if let parsed = setting.parse(found.text) {
        result = parsed
      } else {
        refuse(setting, found.source, found.text)
      }
    }
    settings.append(
      ReadSetting(
        name: setting.name, value: found.map { setting.isSecret ? Self.mask : $0.text } ?? setting.fallbackText,
        source: found?.source, fallback: setting.fallbackText, expected: setting.expected, summary: setting.summary,
        aliases: setting.aliases, isSecret: setting.isSecret))
    for name in [setting.name] + setting.aliases {
      knownNames.insert(name)
      if setting.isSecret { knownNames.insert(name + "_FILE") }
    }
    return result
  }

  /// Notes a problem that shows only when several settings are looked at together.
  public mutating func refuse(_ name: String, value: String?, expected: String, example: String) {
    problems.append(SettingProblem(name: name, value: value, expected: expected, example: example))
  }

  /// Notes a problem inside of what a variable names.
  mutating func refuse(_ name: String, because cause: String) {
    problems.append(SettingProblem(name: name, value: nil, expected: "", example: "", cause: cause))
  }

  public static let mask = "********"

  private mutating func refuse<Value>(_ setting: Setting<Value>, _ source: String, _ text: String) {
    refuse(
      source, value: setting.isSecret ? Self.mask : text, expected: setting.expected, example: setting.example)
  }

  private mutating func lookUp<Value>(_ setting: Setting<Value>) -> (text: String, source: String)? {
    for name in [setting.name] + setting.aliases {
      if let text = variable(name, isSecret: setting.isSecret)?.trimmed, !text.isEmpty { return (text, name) }
      if setting.isSecret, let path = variable(name + "_FILE", isSecret: false) {
        do {
          return (try String(contentsOfFile: path, encoding: .utf8).trimmed, name + "_FILE")
        } catch {
          refuse(
            name + "_FILE", value: path, expected: "a file that can be read",
            example: "/run/secrets/\(name.lowercased())")
        }
      }
    }
    return nil
  }

  private func variable(_ name: String, isSecret: Bool) -> String? {
    let key = ConfigKey(name.lowercased().split(separator: "_").map(String.init))
    return configuration.string(forKey: key, isSecret: isSecret)
  }
}
