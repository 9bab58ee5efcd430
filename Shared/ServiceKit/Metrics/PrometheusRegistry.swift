import CoreMetrics
import Foundation
import Synchronization

/// Metrics of the process, written out as Prometheus text. Timers and recorders become histograms in seconds.
public final class PrometheusRegistry: MetricsFactory {
  /// By name and labels.
  private let series = Mutex<[String: [String: Sample]]>([:])

  public init() {}

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    sample(label, dimensions, .counter)
  }
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    sample(label, dimensions, aggregate ? .histogram : .gauge)
  }
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    sample(label, dimensions, .gauge)
  }
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    sample(label, dimensions, .histogram)
  }
  // Meters come and go with what they measure; all else lives as long as the process.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {
    series.withLock { series in
      for (label, samples) in series {
        guard let gone = samples.first(where: { $0.value === handler as AnyObject }) else { continue }
        series[label]?[gone.key] = nil
        if series[label]?.isEmpty == true { series[label] = nil }
      }
    }
  }
  public func destroyTimer(_ handler: any TimerHandler) {}

  private func sample(_ label: String, _ dimensions: [(String, String)], _ kind: Sample.Kind) -> Sample {
    let labels = dimensions.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    return series.withLock { series in
      if let known = series[label]?[labels] { return known }
      let fresh = Sample(kind)
      series[label, default: [:]][labels] = fresh
      return fresh
    }
  }

  /// All metrics in the text format that Prometheus reads.
  public func text() -> String {
    let copy = series.withLock { $0 }
    var lines: [String] = []
    for (name, samples) in copy.sorted(by: { $0.key < $1.key }) {
      guard let kind = samples.first?.value.kind else { continue }
      lines.append("# TYPE \(name) \(kind.rawValue)")
      for (labels, sample) in samples.sorted(by: { $0.key < $1.key }) { lines += sample.lines(name, labels) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
      .replacingOccurrences(of: "\n", with: "\\n")
  }
}

/// One metric with one set of labels.
final class Sample: CounterHandler, RecorderHandler, MeterHandler, TimerHandler {
  enum Kind: String, Sendable { case counter, gauge, histogram }

  private struct State {
    var sum = 0.0
    var count = 0
    var buckets = [Int](repeating: 0, count: Sample.bounds.count)
  }

  let kind: Kind
  private let state = Mutex(State())

  /// Upper bounds of the histograms' buckets, in seconds.
  static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

  init(_ kind: Kind) { self.kind = kind }

  func increment(by amount: Int64) { increment(by: Double(amount)) }
  func increment(by amount: Double) { state.withLock { $0.sum += amount } }
  func decrement(by amount: Double) { state.withLock { $0.sum -= amount } }
  func reset() { state.withLock { $0.sum = 0 } }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { state.withLock { $0.sum = value } }
  func record(_ value: Int64) { record(Double(value)) }
  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
  func record(_ value: Double) {
    guard kind == .histogram else { return set(value) }
    state.withLock { state in
      state.sum += value
      state.count += 1
      for (index, bound) in Self.bounds.enumerated() where value <= bound { state.buckets[index] += 1 }
    }
  }

  func lines(_ name: String, _ labels: String) -> [String] {
    let state = state.withLock { $0 }
    let braces = labels.isEmpty ? "" : "{\(labels)}"
    guard kind == .histogram else { return ["\(name)\(braces) \(state.sum.asSetting)"] }
    let more = labels.isEmpty ? "" : labels + ","
    return zip(Self.bounds, state.buckets).map { "\(name)_bucket{\(more)le=\"\($0.asSetting)\"} \($1)" } + [
      "\(name)_bucket{\(more)le=\"+Inf\"} \(state.count)", "\(name)_sum\(braces) \(state.sum)",
      "\(name)_count\(braces) \(state.count)",
    ]
  }
}
