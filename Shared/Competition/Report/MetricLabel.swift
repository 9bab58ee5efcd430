/// How people read a metric's name. Those of the original are known; others are spelled in title case.
struct MetricLabel: Sendable, Hashable {
  var label: String
  var tooltip: String?
  var format: String

  init(_ name: String) {
    let known = Self.known[name]
    label = known?.label ?? name.asTitle
    tooltip = known?.tooltip
    format = Self.short.contains(name) ? "decimal-2" : "decimal-4"
  }

  private static let short: Set<String> = ["hit_rate", "sortino_ratio"]

  private static let known: [String: (label: String, tooltip: String)] = [
    "ic": (
      "IC", "Information Coefficient — Spearman rank correlation between predictions and realized returns"
    ),
    "ic_sharpe": (
      "IC Sharpe", "IC Sharpe — mean(IC) / std(IC), rewards consistency"
    ),
    "hit_rate": (
      "Hit Rate", "Fraction of closed trades with positive realized PnL"
    ),
    "max_drawdown": (
      "Max Drawdown", "Worst peak-to-trough drawdown on cumulative PnL"
    ),
    "model_correlation": (
      "Model Corr", "Mean pairwise Spearman correlation against other models"
    ),
    "contribution": (
      "Contribution", "Leave-one-out contribution to the ensemble"
    ),
    "fnc": (
      "FNC", "Feature-Neutral Correlation — IC after orthogonalizing against known factors"
    ),
    "net_pnl": (
      "Net PnL", "Current net profit/loss including fees and carry costs"
    ),
    "sortino_ratio": (
      "Sortino", "Like Sharpe but only penalizes downside volatility"
    ),
    "turnover": (
      "Turnover", "Mean absolute change in signal between consecutive predictions"
    ),
    "mean_return": (
      "Mean Return", "Mean return of a long-short portfolio formed from signals"
    ),
    "ensemble_correlation": (
      "Ens. Corr", "Correlation to the ensemble output"
    ),
  ]
}
