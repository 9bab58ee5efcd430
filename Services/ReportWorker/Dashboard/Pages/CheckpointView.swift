import Competition
import Foundation
import Store

/// One checkpoint as its page shows it. Pure.
struct CheckpointView {
  struct Step {
    var name: String
    /// `past`, `present` or `future`.
    var state: String
    var isCurrent: Bool
  }

  struct Reward {
    var rank: String
    var path: String?
    var name: String
    var cruncher: String
    var width: String
    var percent: String
    var share: String
  }

  struct Provider {
    var kind: String
    var wallet: String
    var percent: String
  }

  var id: String
  var path: String
  var start: String
  var end: String
  var message: String?
  let messageTone = "alert"
  var steps: [Step]
  var models: String
  var snapshots: String
  var paid: String
  var transaction: String?
  var mayConfirm: Bool
  var nextStatus: String?
  var hasRewards: Bool
  var rewards: [Reward]
  var hasProviders: Bool
  var providers: [Provider]

  /// All that is paid out, in frac64.
  private static let whole = 1e9

  init(_ checkpoint: ReportCheckpoint, mayChange: Bool, problem: String?) {
    let meta = checkpoint.meta?.parsed ?? .null
    let status = CheckpointStatus(rawValue: checkpoint.status)
    id = checkpoint.id
    path = "/checkpoints/\(checkpoint.id.percentEncoded)"
    start = Shown.time(checkpoint.periodStart)
    end = Shown.time(checkpoint.periodEnd)
    message = problem
    let current = status.flatMap { CheckpointStatus.allCases.firstIndex(of: $0) }
    steps = CheckpointStatus.allCases.enumerated().map { index, step in
      let state = current.map {
        index < $0 || (index == $0 && step == .paid) ? "past" : index == $0 ? "present" : "future"
      }
      return Step(name: step.rawValue, state: state ?? "future", isCurrent: index == current)
    }
    models = Shown.count(meta["model_count"]?.int.map { Int($0) })
    snapshots = Shown.count(meta["snapshot_count"]?.int.map { Int($0) })
    transaction = checkpoint.transactionHash
    mayConfirm = mayChange && status == .pending
    nextStatus = mayChange && status != .pending ? status?.next?.rawValue : nil
    let emission = checkpoint.emission?.parsed ?? .null
    let shares = CheckpointRewards.shares(of: emission).mapValues { $0.number ?? 0 }.sorted { $0.key < $1.key }
    paid = Self.percent(shares.map(\.value).reduce(0, +))
    rewards = Self.rewards(shares, checkpoint.ranking)
    hasRewards = !rewards.isEmpty
    providers = [("compute", "compute_provider_rewards"), ("data", "data_provider_rewards")].flatMap { kind, key in
      (emission[key]?.array ?? []).map { reward in
        Provider(
          kind: kind, wallet: reward["provider"]?.string ?? "",
          percent: Self.percent(reward["reward_pct"]?.number ?? 0))
      }
    }
    hasProviders = !providers.isEmpty
  }

  /// The largest share fills its bar.
  /// - Parameter shares: by the rank less one.
  private static func rewards(_ shares: [(key: Int, value: Double)], _ ranking: [JSON]) -> [Reward] {
    let largest = max(1, shares.map(\.value).max() ?? 1)
    let places = Dictionary(ranking.map { ($0["rank"]?.int ?? 0, $0) }) { first, _ in first }
    return shares.map { index, share in
      let rank = index &+ 1
      let place = places[Int64(rank)]
      let id = place?["model_id"]?.string
      return Reward(
        rank: Shown.count(rank), path: id.map { "/models/\($0.percentEncoded)" },
        name: place?["model_name"]?.string ?? id ?? "cruncher \(index)",
        cruncher: place?["cruncher_name"]?.string ?? "", width: String(format: "%.1f", 200 * max(0, share) / largest),
        percent: percent(share), share: Shown.count(Int(exactly: share)))
    }
  }

  private static func percent(_ share: Double) -> String { String(format: "%.4f %%", share / whole * 100) }
}
