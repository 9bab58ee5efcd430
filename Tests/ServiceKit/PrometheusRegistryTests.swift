import CoreMetrics
import ServiceKit
import Testing

@Suite("Metrics as Prometheus reads them")
struct PrometheusRegistryTests {
  private func lines(_ registry: PrometheusRegistry) -> [String] {
    registry.text().split(separator: "\n").map(String.init)
  }

  @Test("counters of one name stand together, each labelled, in a fixed order")
  func counters() {
    let registry = PrometheusRegistry()
    registry.makeCounter(label: "entries_total", dimensions: [("stream", "b")]).increment(by: 2)
    registry.makeCounter(label: "tasks_total", dimensions: []).increment(by: 5)
    registry.makeCounter(label: "entries_total", dimensions: [("stream", "a")]).increment(by: 1)
    #expect(
      lines(registry) == [
        "# TYPE entries_total counter", #"entries_total{stream="a"} 1"#, #"entries_total{stream="b"} 2"#,
        "# TYPE tasks_total counter", "tasks_total 5",
      ])
    #expect(registry.text().hasSuffix("\n"))
  }

  @Test("handlers of the same name and labels count together")
  func shared() {
    let registry = PrometheusRegistry()
    for _ in 0..<3 { registry.makeCounter(label: "tasks_total", dimensions: [("a", "1")]).increment(by: 1) }
    #expect(lines(registry).last == #"tasks_total{a="1"} 3"#)
  }

  @Test("label values are escaped")
  func escapes() {
    let registry = PrometheusRegistry()
    registry.makeCounter(label: "x_total", dimensions: [("path", "a\\b\"c\nd")]).increment(by: 1)
    #expect(lines(registry).last == #"x_total{path="a\\b\"c\nd"} 1"#)
  }

  @Test("a gauge shows what was set last")
  func gauges() {
    let registry = PrometheusRegistry()
    let meter = registry.makeMeter(label: "lag", dimensions: [])
    meter.set(5.0)
    meter.set(2.5)
    #expect(lines(registry) == ["# TYPE lag gauge", "lag 2.5"])
  }

  @Test("a gauge that is destroyed is gone, the others of its name stay")
  func destroyed() {
    let registry = PrometheusRegistry()
    let one = registry.makeMeter(label: "lag", dimensions: [("stream", "a")])
    let two = registry.makeMeter(label: "lag", dimensions: [("stream", "b")])
    one.set(1.0)
    two.set(2.0)
    registry.destroyMeter(one)
    #expect(lines(registry) == ["# TYPE lag gauge", #"lag{stream="b"} 2"#])
    registry.destroyMeter(two)
    #expect(lines(registry) == [])
  }

  @Test("a timer is a histogram in seconds whose buckets hold all that is no longer than their bound")
  func histograms() {
    let registry = PrometheusRegistry()
    let timer = registry.makeTimer(label: "call_seconds", dimensions: [("m", "x")])
    for milliseconds in [1, 3, 250, 120_000] { timer.recordNanoseconds(Int64(milliseconds) * 1_000_000) }
    let lines = lines(registry)
    #expect(lines.first == "# TYPE call_seconds histogram")
    func value(_ bound: String) -> String? {
      lines.first { $0.hasPrefix(#"call_seconds_bucket{m="x",le="\#(bound)"}"#) }?.split(separator: " ").last
        .map(String.init)
    }
    let bounds = ["0.001", "0.0025", "0.005", "0.25", "60", "+Inf"]
    #expect(bounds.map(value) == ["1", "1", "2", "3", "3", "4"])
    #expect(lines.contains(#"call_seconds_count{m="x"} 4"#))
    #expect(lines.contains(#"call_seconds_sum{m="x"} 120.254"#))
  }

  @Test("what many threads count is counted")
  func concurrent() async {
    let registry = PrometheusRegistry()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<500 { registry.makeCounter(label: "n_total", dimensions: []).increment(by: 1) }
        }
      }
    }
    #expect(lines(registry).last == "n_total 4000")
  }
}
