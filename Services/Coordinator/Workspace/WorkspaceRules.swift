import Competition
import Foundation

/// The participants' copy of the contract: JSON, so that their package needs no library to read it.
struct WorkspaceRules: Sendable {
  var contract: CrunchContract
  var baseClass: String
  var granularity: String
  var updateMethod: String

  var text: String {
    var object = contract.json.object ?? [:]
    var call = object["call"]?.object ?? [:]
    call["update"] = .string(updateMethod)
    object["call"] = .object(call)
    object["base_class"] = .string(baseClass)
    object["granularity"] = .string(granularity)
    return JSON.object(object).text + "\n"
  }

  /// Makes the copy of a workspace anew from its `node/contract.yaml` and `node/.env`. Answers its path.
  static func renew(in folder: String) throws -> String {
    let files = FileManager.default
    let challenge = folder + "/challenge"
    guard files.fileExists(atPath: challenge),
      let package = try files.contentsOfDirectory(atPath: challenge).sorted().first(where: {
        files.fileExists(atPath: "\(challenge)/\($0)/contract.json")
      })
    else {
      throw WorkspaceError(
        reason: "\(folder) has no challenge/PACKAGE/contract.json",
        remedy: "name the folder that `coordinator init` wrote"
      )
    }
    let contract = try ContractFile.contract(
      from: String(contentsOfFile: folder + "/node/contract.yaml", encoding: .utf8))
    let variables = try variables(String(contentsOfFile: folder + "/node/.env", encoding: .utf8))
    let base = variables["MODEL_BASE_CLASSNAME"] ?? "tracker.TrackerBase"
    let rules = WorkspaceRules(
      contract: contract, baseClass: base, granularity: variables["FEED_GRANULARITY"] ?? "1m",
      updateMethod: contract.call.updateMethod ?? CrunchContract.ModelCall.updateMethod(forBaseClass: base))
    let path = "\(challenge)/\(package)/contract.json"
    try rules.text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  /// `NAME=value` lines of a file of variables; blanks, comments and quotes left out.
  static func variables(_ text: String) -> [String: String] {
    var variables: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      var line = line.drop { $0 == " " }
      guard !line.hasPrefix("#"), let sign = line.firstIndex(of: "=") else { continue }
      if line.hasPrefix("export ") { line = line.dropFirst("export ".count) }
      let value = line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces)
      let name = line[..<sign].trimmingCharacters(in: .whitespaces)
      let isQuoted = value.count >= 2 && (value.first == "\"" || value.first == "'") && value.first == value.last
      variables[name] = isQuoted ? String(value.dropFirst().dropLast()) : value
    }
    return variables
  }
}
