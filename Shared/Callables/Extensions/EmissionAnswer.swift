import Competition

/// What a function of the competition answers as an emission, once it is seen that it pays the whole to those who are
/// there.
struct EmissionAnswer {
  /// How many the ranking has.
  let places: Int
  /// Those who may be paid besides; nil where they are not known yet, then anybody may.
  let wallets: Wallets?

  /// The emission as it is stored: rewards in the order of the ranking, and a list for each kind of provider.
  /// - Throws: `ExtensionFailure` unless each place is paid once at most, nobody less than nothing, and each list sums to
  ///   the whole. A list of providers may be empty, and names the configured one alone.
  func checked(_ answer: JSON) throws(ExtensionFailure) -> JSONObject {
    guard var emission = answer.object, let rewards = emission["cruncher_rewards"]?.array else {
      throw ExtensionFailure("it has no list cruncher_rewards")
    }
    emission["cruncher_rewards"] = .array(try inOrder(rewards))
    for (key, wallet) in [
      ("compute_provider_rewards", wallets.map(\.compute)), ("data_provider_rewards", wallets.map(\.data)),
    ] {
      emission[key] = .array(try providers(emission[key] ?? .null, key, wallet))
    }
    if emission["crunch"]?.string == nil { emission["crunch"] = "" }
    return emission
  }

  private func inOrder(_ rewards: [JSON]) throws(ExtensionFailure) -> [JSON] {
    var byIndex: [Int64: JSON] = [:]
    for reward in rewards {
      guard let index = reward["cruncher_index"]?.int, reward["reward_pct"]?.int != nil else {
        throw ExtensionFailure("a reward has no whole cruncher_index and reward_pct: \(reward.text)")
      }
      guard index >= 0, index < places, byIndex.updateValue(reward, forKey: index) == nil else {
        throw ExtensionFailure("cruncher_index \(index) is not there, or comes twice; there are \(places)")
      }
    }
    try sum(rewards, "the shares", mayBeEmpty: places == 0)
    return byIndex.sorted { $0.key < $1.key }.map(\.value)
  }

  /// - Parameter wallet: the one that is configured, if any; nil where that is not known.
  private func providers(_ list: JSON, _ key: String, _ wallet: String??) throws(ExtensionFailure) -> [JSON] {
    guard !list.isNull else { return [] }
    guard let rewards = list.array else { throw ExtensionFailure("\(key) is no list") }
    var seen: Set<String> = []
    for reward in rewards {
      guard let provider = reward["provider"]?.string, !provider.isEmpty, seen.insert(provider).inserted else {
        throw ExtensionFailure("\(key) has a reward without a provider, or one provider twice: \(reward.text)")
      }
      if let wallet, provider != wallet {
        throw ExtensionFailure("\(key) pays \(provider), and \(wallet ?? "nobody") is configured")
      }
    }
    try sum(rewards, key, mayBeEmpty: true)
    return rewards
  }

  private func sum(_ rewards: [JSON], _ what: String, mayBeEmpty: Bool) throws(ExtensionFailure) {
    var total: Int64 = 0
    for reward in rewards {
      guard let share = reward["reward_pct"]?.int, (0...Emission.whole).contains(share) else {
        throw ExtensionFailure("reward_pct \((reward["reward_pct"] ?? .null).text) is no share")
      }
      total += share
    }
    guard total == Emission.whole || (rewards.isEmpty && mayBeEmpty) else {
      throw ExtensionFailure("\(what) sum to \(total), not to \(Emission.whole)")
    }
  }
}
