import Competition
import Foundation

extension SettingsReader {
  /// The contract that the program brings along, else that in the file of `CRUNCH_CONTRACT`, the default one without it, with what variables say in its place: the
  /// same in every process of a node. What is wrong with the file is noted as problems, each with its line.
  public mutating func contract() -> CrunchContract {
    if let contract = knownContract { return contract }
    let path = value(
      .optionalText(
        "CRUNCH_CONTRACT", example: "contract.yaml",
        "File that says what the competition is about: outputs, scope, call, schedules, windows, ranking."))
    if ownContract != nil, let path {
      refuse(
        "CRUNCH_CONTRACT", value: path, expected: "no value: this program has its contract as a value", example: "")
    }
    let variables = contractVariables()
    let contract = variables.applied(to: ownContract ?? path.map { read($0, variables) } ?? .default)
    knownContract = contract
    return contract
  }

  private mutating func read(_ path: String, _ variables: ContractVariables) -> CrunchContract {
    do {
      return try ContractFile.contract(
        from: String(contentsOfFile: path, encoding: .utf8), as: variables.applied)
    } catch let error as ContractError {
      for problem in error.problems { refuse("CRUNCH_CONTRACT", because: "\(path):\(problem)") }
    } catch {
      refuse("CRUNCH_CONTRACT", value: path, expected: "a file that can be read", example: "contract.yaml")
    }
    return .default
  }
}
