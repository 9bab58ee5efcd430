import Competition
import Foundation

/// Lines over time, drawn by the server, so that they can be seen without a script; with one, the browser draws the same
/// data anew and lets people look closer.
struct LineChart {
  struct Line {
    var name: String
    /// One for each moment; nil where there is none.
    var values: [Double?]
  }

  /// Ascending.
  var times: [Timestamp]
  var lines: [Line]
  /// What the values are.
  var unit: String

  private static let size = (width: 720.0, height: 240.0)
  private static let margin = (left: 64.0, right: 8.0, top: 10.0, bottom: 24.0)

  var isEmpty: Bool { times.count < 2 || lines.allSatisfy { $0.values.compactMap { $0 }.count < 2 } }

  /// What templates draw: paths in a picture of 720 by 240, labels, and the data for the browser.
  var drawn: Drawn? {
    let all = lines.flatMap { $0.values.compactMap { $0 } }.filter(\.isFinite)
    guard !isEmpty, let low = all.min(), let high = all.max(), let first = times.first, let last = times.last else {
      return nil
    }
    let pad = high > low ? (high - low) * 0.05 : max(0.5, high.magnitude * 0.05)
    let (bottom, top) = (low - pad, high + pad)
    let span = max(1e-6, last.seconds(since: first))
    func x(_ time: Timestamp) -> Double {
      Self.margin.left + (Self.size.width - Self.margin.left - Self.margin.right) * time.seconds(since: first) / span
    }
    func y(_ value: Double) -> Double {
      Self.margin.top + (Self.size.height - Self.margin.top - Self.margin.bottom) * (top - value) / (top - bottom)
    }
    let decimals = Shown.decimals([bottom, top])
    let ticks = (0...4).map { bottom + (top - bottom) * Double($0) / 4 }
    return Drawn(
      data: data.text, unit: unit,
      paths: lines.enumerated().map { index, line in
        Path(line: index + 1, name: line.name, shape: path(line.values, x, y))
      },
      ticks: ticks.map { Tick(y: String(format: "%.1f", y($0)), text: Shown.figure($0, decimals: decimals)) },
      from: Shown.time(first), to: Shown.time(last))
  }

  private func path(_ values: [Double?], _ x: (Timestamp) -> Double, _ y: (Double) -> Double) -> String {
    var shape = ""
    var isDown = false
    for (time, value) in zip(times, values) {
      guard let value, value.isFinite else {
        isDown = false
        continue
      }
      shape += (isDown ? "L" : "M") + String(format: "%.1f %.1f", x(time), y(value))
      isDown = true
    }
    return shape
  }

  private var data: JSON {
    [
      "times": .array(times.map { .int($0.microseconds / 1_000_000) }), "unit": .string(unit),
      "lines": .array(
        lines.map { ["name": .string($0.name), "values": .array($0.values.map { JSON(finite: $0) })] }),
    ]
  }

  struct Drawn {
    var data: String
    var unit: String
    var paths: [Path]
    var ticks: [Tick]
    var from: String
    var to: String
  }

  struct Path {
    /// Counts from 1: which of the colours it has.
    var line: Int
    var name: String
    var shape: String
  }

  struct Tick {
    var y: String
    var text: String
  }
}
