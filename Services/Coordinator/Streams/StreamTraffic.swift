import Bus
import Competition
import Diagnosis

/// What happened to the entries of each stream's group, and how fast they come and go, for `coordinator streams`.
struct StreamTraffic {
  var tally: WorkTally
  /// nil: not measured.
  var rates: PipelineRates?

  var table: String {
    let rows = BusStream.allCases.map { stream in
      [stream.rawValue, stream.group.rawValue] + EntryDeed.allCases.map { String(tally[stream, $0]) }
        + flows(stream).map { $0.value.map(Spoken.rounded) ?? "-" }
    }
    let titles = ["stream", "group"] + EntryDeed.allCases.map(\.rawValue) + flows(.feedRecords).map(\.title)
    return Terminal.table(titles, rows, right: Set(2..<titles.count))
  }

  func json(_ stream: BusStream) -> JSON {
    var members: JSONObject = [:]
    for deed in EntryDeed.allCases { members[deed.rawValue] = JSON(tally[stream, deed]) }
    for flow in flows(stream) { members[flow.member] = JSON(finite: flow.value) }
    return .object(members)
  }

  private func flows(_ stream: BusStream) -> [(title: String, member: String, value: Double?)] {
    guard let rates else { return [] }
    let flow = rates.flows[stream]
    return [
      ("in/s", "added_per_second", flow?.added), ("out/s", "finished_per_second", flow?.finished),
    ]
  }
}
