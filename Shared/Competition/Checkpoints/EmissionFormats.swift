/// An emission in the shapes that other tools take.
public enum EmissionFormats {
  /// For the command line that writes to the chain: `{crunch, crunchEmission, computeProvider, dataProvider}`, each a map
  /// from id or wallet to percent with six decimals. Of equal ids the last counts.
  public static func commandLine(emission: JSONObject, ranking: [JSON]) -> JSONObject {
    var crunchers = JSONObject()
    for reward in emission["cruncher_rewards"]?.array ?? [] {
      let index = reward["cruncher_index"]?.int ?? 0
      crunchers[modelID(index, ranking)] = percent(reward)
    }
    return [
      "crunch": emission["crunch"] ?? "", "crunchEmission": .object(crunchers),
      "computeProvider": .object(providers(emission["compute_provider_rewards"])),
      "dataProvider": .object(providers(emission["data_provider_rewards"])),
    ]
  }

  /// The id of the model at a position of the ranking, or the position itself when the ranking is shorter. A negative
  /// position counts from the end, as the original's does.
  static func modelID(_ index: Int64, _ ranking: [JSON]) -> String {
    let place = index < 0 ? index + Int64(ranking.count) : index
    guard place >= 0, place < ranking.count, let id = ranking[Int(place)]["model_id"], !id.isNull else {
      return String(index)
    }
    return id.string ?? id.text
  }

  private static func providers(_ rewards: JSON?) -> JSONObject {
    var wallets = JSONObject()
    for reward in rewards?.array ?? [] {
      if let provider = reward["provider"]?.string { wallets[provider] = percent(reward) }
    }
    return wallets
  }

  private static func percent(_ reward: JSON) -> JSON {
    .double(((reward["reward_pct"]?.number ?? 0) / 1e9 * 100).rounded(decimals: 6))
  }
}
