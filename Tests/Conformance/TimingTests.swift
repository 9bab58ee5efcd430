import Competition
import Testing
import VectorKit

@Suite("Timings are those of the original")
struct TimingTests {
  @Test("stages, shares, percentiles and samples")
  func stages() throws {
    for item in try Vectors("v101_timing").cases {
      let records = (item.input["predictions"]?.array ?? []).compactMap {
        TimingRecord(predictionID: $0["id"]?.string ?? "", meta: $0["meta"]?.object ?? [:])
      }
      #expect(isClose(.object(TimingReport.report(of: records)), item.expected ?? .null), "\(item)")
    }
  }
}
