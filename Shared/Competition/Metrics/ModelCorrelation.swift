/// Each series' mean rank correlation with the other models of participants.
///
/// Ranks depend on the rows that two series share. So series are grouped by the rows they answered: within a group each
/// is ranked once, and each pair is one dot product; a pair of two groups is ranked by itself.
struct ModelCorrelation {
  /// One for each of the panel's series; nil without another model that shares two rows.
  var means: [Double?] { zip(sums, counts).map { $1 == 0 ? nil : $0.value / Double($1) } }

  private let modelCount: Int
  private var sums: [CompensatedSum]
  private var counts: [Int]

  init(_ panel: MetricPanel) {
    modelCount = panel.modelCount
    sums = Array(repeating: CompensatedSum(), count: panel.series.count)
    counts = Array(repeating: 0, count: panel.series.count)
    let groups = Self.groups(panel)
    var ranks = CommonRanks(rows: panel.series.first?.signals.numbers.count ?? 0)
    for (place, first) in groups.enumerated() {
      compareMembers(of: first)
      for second in groups[(place + 1)...] { compare(first, second, &ranks) }
    }
  }

  /// Series that answered the same rows.
  private struct Group {
    var presence: Presence
    /// Positions in the panel.
    var members: [Int] = []
    /// Of each member: all rows of the panel in ascending order of its signals.
    var orders: [[Int]] = []
    /// Of each member, for pairs with another group's.
    var series: [CommonRanks.Series] = []
  }

  private static func groups(_ panel: MetricPanel) -> [Group] {
    var groups: [Group] = []
    var places: [Presence: Int] = [:]
    for (position, series) in panel.series.enumerated() where series.signals.count >= 2 {
      let presence = series.signals.presence
      let place = places[presence] ?? groups.count
      if place == groups.count {
        groups.append(Group(presence: presence))
        places[presence] = place
      }
      let order = OrdinalRankCorrelation.order(series.signals.numbers)
      groups[place].members.append(position)
      groups[place].orders.append(order)
      groups[place].series.append(CommonRanks.Series(order.filter { presence[$0] }, rows: order.count))
    }
    return groups
  }

  private mutating func compareMembers(of group: Group) {
    let ranks = RankMatrix(group.orders, rows: group.presence)
    for i in group.members.indices {
      for j in group.members.indices.dropFirst(i + 1) {
        note(ranks.correlation(i, ranks, j), between: group.members[i], group.members[j])
      }
    }
  }

  private mutating func compare(_ first: Group, _ second: Group, _ ranks: inout CommonRanks) {
    for i in first.members.indices {
      for j in second.members.indices {
        guard let correlation = ranks.correlation(first.series[i], second.series[j]) else { return }
        note(correlation, between: first.members[i], second.members[j])
      }
    }
  }

  /// Ensembles are compared with models, but nothing is compared with an ensemble.
  private mutating func note(_ correlation: Double, between one: Int, _ other: Int) {
    if other < modelCount {
      sums[one].add(correlation)
      counts[one] += 1
    }
    if one < modelCount {
      sums[other].add(correlation)
      counts[other] += 1
    }
  }
}
