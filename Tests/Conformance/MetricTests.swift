import Competition
import Testing
import VectorKit

@Suite("Metrics are those of the original")
struct MetricTests {
  /// The original pairs by position, after dropping outputs without a signal and putting 0 for results without a return.
  /// Ours joins by key (decision 15), so each list is given the keys of the places the original would pair. Where there is
  /// less than a metric needs, the original says 0 and ours leaves the key out; that need is written down here.
  @Test("all eleven, joined by key")
  func metrics() throws {
    for item in try Vectors("v101_metrics").cases {
      let expected = try #require(item.expected?.object)
      let panel = try panel(item.input)
      let ours = try #require(Metric.builtIn.summaries(of: panel)["me"], "\(item)")
      let lists = Lists(item.input)
      for member in expected {
        let name = member.key
        guard let theirs = member.value.number else {
          Issue.record("\(item) \(name): the original has no number")
          continue
        }
        #expect((ours[name] != nil) == lists.suffice(for: name), "\(item) \(name)")
        if let number = ours[name]?.number {
          #expect(isClose(.double(number), .double(theirs)), "\(item) \(name): \(number), original \(theirs)")
        } else {
          #expect(theirs == 0, "\(item) \(name)")
        }
      }
      #expect(ours.allSatisfy { expected[$0.key] != nil }, "\(item)")
    }
  }

  /// The original skips a name that it does not know; ours refuses it, and the rest is compared.
  @Test("metrics by name")
  func registry() throws {
    let registry = MetricRegistry()
    for item in try Vectors("v101_metrics_registry").cases {
      let expected = try #require(item.expected?.object)
      let requested = (item.input["requested"]?.array ?? []).compactMap(\.string)
      let known = requested.filter { registry.names.contains($0) }
      if known != requested { #expect(throws: UnknownMetric.self, "\(item)") { try registry.selection(requested) } }
      let panel = try panel(item.input)
      let ours = try #require(registry.selection(known).summaries(of: panel)["me"])
      let lists = Lists(item.input)
      for member in expected where lists.suffice(for: member.key) {
        let (number, theirs) = (try #require(ours[member.key]?.number), try #require(member.value.number))
        #expect(isClose(.double(number), .double(theirs)), "\(item) \(member.key)")
      }
      #expect(ours.allSatisfy { expected[$0.key] != nil }, "\(item)")
    }
  }

  private func panel(_ input: JSON) throws -> MetricPanel {
    var rows: [[String: MetricCell]] = []
    func set(_ cell: MetricCell, of model: String, at row: Int) {
      while rows.count <= row { rows.append([:]) }
      rows[row][model] = cell
    }
    let lists = Lists(input)
    for (model, signals) in lists.signals {
      for (row, signal) in signals.enumerated() { set(MetricCell(signal: signal), of: model, at: row) }
      // A model that did not answer is still one of the others.
      if signals.isEmpty { set(MetricCell(), of: model, at: 0) }
    }
    for (row, result) in (input["scores"]?.array ?? []).enumerated() {
      var cell = MetricCell(output: [:], result: result.object, truth: ["profit": 0])
      cell.signal = row < rows.count ? rows[row]["me"]?.signal : nil
      set(cell, of: "me", at: row)
    }
    return MetricPanel(rows: rows, ensembles: lists.ensembles)
  }

  /// The original's lists, as far as they decide what there is to compute from.
  private struct Lists {
    /// By model id, ensembles under the ids of virtual models.
    var signals: [(model: String, signals: [Double])] = []
    var ensembles: [String] = []
    var results: [JSONObject]

    init(_ input: JSON) {
      results = (input["scores"]?.array ?? []).compactMap(\.object)
      signals = [("me", Self.signals(input["predictions"]))]
      for member in input["all_model_predictions"]?.object ?? [:] where member.key != "me" {
        signals.append((member.key, Self.signals(member.value)))
      }
      for member in input["ensemble_predictions"]?.object ?? [:] {
        ensembles.append("__ensemble_\(member.key)__")
        signals.append(("__ensemble_\(member.key)__", Self.signals(member.value)))
      }
    }

    private static func signals(_ list: JSON?) -> [Double] {
      (list?.array ?? []).compactMap { MetricCell(output: $0.object ?? [:], result: nil).signal }
    }

    private func count(_ model: String) -> Int { signals.first { $0.model == model }?.signals.count ?? 0 }

    /// Whether there is what a metric needs.
    func suffice(for name: String) -> Bool {
      let own = count("me")
      let pairs = min(own, results.count)
      let others = signals.filter { $0.model != "me" && !$0.model.hasPrefix("__ensemble_") }
      switch name {
      case "ic", "sortino_ratio", "fnc": return pairs >= 2
      case "ic_sharpe": return pairs >= 4
      case "mean_return", "hit_rate": return pairs >= 1
      case "turnover": return own >= 2
      case "max_drawdown":
        return results.filter { MetricCell(output: [:], result: $0).value != nil }.count >= 2
      case "model_correlation": return own >= 2 && others.contains { $0.signals.count >= 2 }
      case "ensemble_correlation": return own >= 2 && ensembles.contains { count($0) >= 2 }
      case "contribution":
        return pairs >= 2 && !others.isEmpty && (ensembles.first.map(count) ?? 0) >= 2
      default: return false
      }
    }
  }
}
