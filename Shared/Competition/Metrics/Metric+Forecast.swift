// Metrics of a model's own signals against what came.
extension Metric {
  /// `ic`: correlation of signals and outcomes by rank; two pairs at least.
  static let informationCoefficient = Metric("ic") { series, _ in
    OrdinalRankCorrelation.correlation(series.signals, series.outcomes)
  }

  /// `ic_sharpe`: how steady `ic` is over successive chunks of the window, mean over population deviation; four pairs at
  /// least. Chunks that do not differ at all give 10, or 0 when their mean is 0; the sign is lost, as in the original.
  static let informationCoefficientSharpe = Metric("ic_sharpe") { series, _ in
    let (signals, outcomes) = series.pairs
    let count = signals.count
    guard count >= 4 else { return nil }
    let size = max(2, count / max(3, count / 10))
    let parts = stride(from: 0, through: count - size, by: size).compactMap { start in
      OrdinalRankCorrelation.correlation(Array(signals[start..<start + size]), Array(outcomes[start..<start + size]))
    }
    guard parts.count >= 2 else { return nil }
    let mean = parts.reduce(0, +) / Double(parts.count)
    let deviation = (parts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(parts.count)).squareRoot()
    if deviation < 1e-12 { return mean.magnitude > 1e-12 ? 10 : 0 }
    return mean / deviation
  }

  /// `mean_return`: what a bet of 1 on each signal's direction made on average; a signal of 0 bets on a rise.
  static let meanReturn = Metric("mean_return") { series, _ in
    let bets = series.bets
    return bets.isEmpty ? nil : bets.reduce(0, +) / Double(bets.count)
  }

  /// `hit_rate`: the share of signals that had the outcome's direction; 0 counts as a rise on both sides.
  static let hitRate = Metric("hit_rate") { series, _ in
    let (signals, outcomes) = series.pairs
    guard !signals.isEmpty else { return nil }
    return Double(zip(signals, outcomes).count { ($0 >= 0) == ($1 >= 0) }) / Double(signals.count)
  }

  /// `sortino_ratio`: the mean of bets over the root mean square of the lost ones; two bets at least. Without a loss the
  /// mean counts a millionfold, bounded by 10 either way.
  static let sortinoRatio = Metric("sortino_ratio") { series, _ in
    let bets = series.bets
    guard bets.count >= 2 else { return nil }
    let mean = bets.reduce(0, +) / Double(bets.count)
    let losses = bets.filter { $0 < 0 }
    if losses.isEmpty { return min(10, max(-10, mean * 1e6)) }
    let deviation = (losses.reduce(0) { $0 + $1 * $1 } / Double(losses.count)).squareRoot()
    return deviation < 1e-12 ? 0 : mean / deviation
  }

  /// `turnover`: the mean distance between successive signals; two signals at least.
  static let turnover = Metric("turnover") { series, _ in
    let signals = series.signals.known
    guard signals.count >= 2 else { return nil }
    return zip(signals, signals.dropFirst()).reduce(0) { $0 + ($1.1 - $1.0).magnitude } / Double(signals.count - 1)
  }

  /// `max_drawdown`: how far the running total of score values fell below its highest, which starts at 0; never above 0.
  /// Two values at least.
  static let maximumDrawdown = Metric("max_drawdown") { series, _ in
    let values = series.values.known
    guard values.count >= 2 else { return nil }
    var (total, peak, lowest) = (0.0, 0.0, 0.0)
    for value in values {
      total += value
      peak = max(peak, total)
      lowest = min(lowest, total - peak)
    }
    return lowest
  }
}

extension MetricSeries {
  /// Signals and outcomes of the rows that have both.
  fileprivate var pairs: (signals: [Double], outcomes: [Double]) {
    let rows = signals.presence & outcomes.presence
    return (signals[in: rows], outcomes[in: rows])
  }

  /// What a bet of 1 on the direction of each signal made.
  fileprivate var bets: [Double] {
    let (signals, outcomes) = pairs
    return zip(signals, outcomes).map { $0 >= 0 ? $1 : -$1 }
  }
}
