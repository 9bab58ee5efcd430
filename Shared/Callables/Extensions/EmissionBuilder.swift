import Competition
import Logging

/// Makes a checkpoint's ranking into shares of the reward, by a rule of ours or a function of the competition.
public struct EmissionBuilder: Sendable {
  private let contract: CrunchContract
  private let builtin: BuiltinEmission
  private let function: ExtensionFunction?

  /// By a rule of ours.
  public init(of contract: CrunchContract, _ builtin: BuiltinEmission = .contract) {
    self.contract = contract
    self.builtin = builtin
    function = nil
  }

  /// By what the contract says; a function of the competition is loaded and probed.
  /// - Parameter wallets: those that will be paid. Where they are not known yet the probe lets providers be anybody.
  public init(
    of contract: CrunchContract, wallets: Wallets? = nil, limits: PythonLimits, logger: Logger
  ) async throws(CallableFault) {
    self.contract = contract
    let reference = contract.callables.buildEmission
    function = try await ExtensionFunction.load(
      reference, at: ExtensionPoint.buildEmission.rawValue, limits: limits, logger: logger)
    builtin = if case .builtin(let own) = reference { own } else { .contract }
    guard let function else { return }
    let sample = (1...3).map { rank -> JSONObject in
      [
        "model_id": .string("probe \(rank)"), "rank": JSON(rank), "prediction_count": 10,
        "result_summary": .object([contract.aggregation.valueField: .double(1 / Double(rank))]),
      ]
    }
    let expected = EmissionAnswer(places: sample.count, wallets: wallets)
    // The same shares for each rank are right, whatever the scores are.
    try await function.probe(
      [Self.arguments(sample, wallets ?? Wallets(crunch: "probe"))], within: limits.limit(ofSingle: 1),
      mayBeConstant: true
    ) { _, answer in
      do throws(ExtensionFailure) {
        _ = try expected.checked(answer)
        return nil
      } catch { return "an emission (\(error.reason))" }
    }
  }

  /// The emission of a checkpoint, as `Emission.emission` has it.
  /// - Parameter ranking: rows of the checkpoint's ranking, the best first.
  /// - Throws: `ExtensionFailure`: nobody is paid by guess.
  public func emission(of ranking: [JSONObject], wallets: Wallets) async throws -> JSONObject {
    guard let function else {
      return builtin.emission(
        of: ranking, rule: contract.emission, valueField: contract.aggregation.valueField, wallets: wallets)
    }
    let answer = try await function.result(of: Self.arguments(ranking, wallets))
    return try EmissionAnswer(places: ranking.count, wallets: wallets).checked(answer)
  }

  /// A stored emission whose function cannot be used any more, once it is seen that it may be one.
  public static func standing(_ emission: JSON, of ranking: [JSONObject]) throws(ExtensionFailure) -> JSONObject {
    _ = try EmissionAnswer(places: ranking.count, wallets: nil).checked(emission)
    return emission.object ?? [:]
  }

  private static func arguments(_ ranking: [JSONObject], _ wallets: Wallets) -> [JSON] {
    [.array(ranking.map(JSON.object)), .string(wallets.crunch), JSON(wallets.compute), JSON(wallets.data)]
  }
}
