import Callables
import Competition
import Testing

@Suite("Functions of the competition that are tried at the start", .timeLimit(.minutes(3)))
struct ExtensionStartTests {
  @Test("a function that is not there, takes other arguments or answers something else is refused at the start")
  func refused() async throws {
    func fault(_ load: () async throws -> Void) async -> String {
      do {
        try await load()
        return "usable"
      } catch { return "\(error)" }
    }
    let limits = OperatorFunctions.limits()
    let cases: [(String, String)] = [
      (
        await fault {
          _ = try await SnapshotAggregator(
            OperatorFunctions.python("none_such"), limits: limits, logger: OperatorFunctions.logger)
        }, "none_such"
      ),
      (
        await fault {
          _ = try await SnapshotAggregator(
            OperatorFunctions.python("two_needed"), limits: limits, logger: OperatorFunctions.logger)
        }, "cannot be called with (score_results)"
      ),
      (
        await fault {
          _ = try await SnapshotAggregator(
            OperatorFunctions.python("a_list"), limits: limits, logger: OperatorFunctions.logger)
        },
        "where a dictionary is expected"
      ),
      (
        await fault {
          _ = try await InputBuilder(
            OperatorFunctions.python("a_list"), limits: limits, logger: OperatorFunctions.logger)
        },
        "where a dictionary is expected"
      ),
      (await fault { _ = try await OperatorFunctions.emission("too_much") }, "reward_pct 1000000001 is no share"),
      (await fault { _ = try await OperatorFunctions.emission("to_nobody") }, "cruncher_index 99 is not there"),
      (
        await fault {
          var contract = CrunchContract.default
          contract.callables.rankLeaderboard = OperatorFunctions.python("drop_one")
          _ = try await LeaderboardRanker(of: contract, limits: limits, logger: OperatorFunctions.logger)
        }, "a list of the same entries"
      ),
    ]
    for (said, expected) in cases { #expect(said.contains(expected), "\(said)") }
  }

  /// Each point's function, loaded as a worker does; nil when it can be used.
  private static func fault(of callable: String, at point: ExtensionPoint) async -> String? {
    let limits = OperatorFunctions.limits(.seconds(5))
    var contract = CrunchContract.default
    contract.callables.rankLeaderboard = OperatorFunctions.python(callable)
    contract.callables.buildEmission = OperatorFunctions.python(callable)
    do {
      switch point {
      case .inferenceInput:
        _ = try await InputBuilder(OperatorFunctions.python(callable), limits: limits, logger: OperatorFunctions.logger)
      case .inferenceOutput:
        _ = try await OutputValidator(
          OperatorFunctions.python(callable), fields: contract.output, limits: limits, logger: OperatorFunctions.logger)
      case .groundTruth:
        _ = try await TruthMaker(OperatorFunctions.python(callable), limits: limits, logger: OperatorFunctions.logger)
      case .aggregateSnapshot:
        _ = try await SnapshotAggregator(
          OperatorFunctions.python(callable), limits: limits, logger: OperatorFunctions.logger)
      case .rankLeaderboard:
        _ = try await LeaderboardRanker(of: contract, limits: limits, logger: OperatorFunctions.logger)
      case .buildEmission: _ = try await EmissionBuilder(of: contract, limits: limits, logger: OperatorFunctions.logger)
      }
      return nil
    } catch { return "\(error)" }
  }

  @Test(
    "one that answers the same whatever it is given is refused at the start, and the same shares for each rank are right",
    arguments: [
      (.inferenceInput, "stub"), (.inferenceOutput, "stub"), (.groundTruth, "stub"), (.aggregateSnapshot, "stub"),
      (.rankLeaderboard, "by_name"),
    ] as [(ExtensionPoint, String)])
  func stub(_ point: ExtensionPoint, _ callable: String) async throws {
    let fault = await Self.fault(of: callable, at: point)
    #expect(fault?.contains("looks like a stub") == true, "\(fault ?? "usable")")
    #expect(await Self.fault(of: "all_to_the_first", at: .buildEmission) == nil)
  }

  @Test(
    "one that is absurdly slow is refused at the start",
    arguments: [
      (.inferenceInput, "slow_input"), (.inferenceOutput, "slow_output"), (.groundTruth, "slow_truth"),
      (.aggregateSnapshot, "slow_summary"), (.rankLeaderboard, "slow_order"), (.buildEmission, "slow_shares"),
    ] as [(ExtensionPoint, String)])
  func slow(_ point: ExtensionPoint, _ callable: String) async throws {
    let fault = await Self.fault(of: callable, at: point)
    #expect(fault?.contains("which may take") == true, "\(fault ?? "usable")")
  }

  @Test("a validator that refuses all that is made up may want what no field says")
  func refusesAll() async throws {
    #expect(await Self.fault(of: "refuse_all", at: .inferenceOutput) == nil)
  }
}
