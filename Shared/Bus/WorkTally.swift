import Competition

/// What happens to entries on their way through a group, and is counted.
public enum EntryDeed: String, Sendable, Hashable, CaseIterable {
  /// Handed out for the first time.
  case delivered
  /// Taken over from a worker that is gone, or handed out again after a failure.
  case reclaimed
  /// Deleted from the stream while in work.
  case lost
  /// What they ask for had been done before.
  case deduplicated
  /// Given up: dead letters.
  case quarantined
  /// Published again, since Redis had lost them.
  case republished
}

/// How often each happened, by stream. Each stream has one group of ours.
public struct WorkTally: Sendable, Hashable {
  private var counts: [BusStream: [EntryDeed: Int]] = [:]

  public init() {}

  /// That of several workers together.
  public init(of workers: [WorkerNote]) {
    for worker in workers {
      for (stream, deeds) in worker.tally.counts {
        for (deed, count) in deeds { self.count(deed, count, of: stream) }
      }
    }
  }

  public mutating func count(_ deed: EntryDeed, _ count: Int, of stream: BusStream) {
    guard count > 0 else { return }
    counts[stream, default: [:]][deed, default: 0] += count
  }

  public subscript(stream: BusStream, deed: EntryDeed) -> Int { counts[stream]?[deed] ?? 0 }

  /// `{stream: {deed: count}}`, without zeros.
  var json: JSON {
    var streams: JSONObject = [:]
    for stream in BusStream.allCases where counts[stream] != nil {
      var deeds: JSONObject = [:]
      for deed in EntryDeed.allCases where self[stream, deed] > 0 { deeds[deed.rawValue] = JSON(self[stream, deed]) }
      streams[stream.rawValue] = .object(deeds)
    }
    return .object(streams)
  }

  init(_ json: JSON?) {
    for stream in BusStream.allCases {
      for deed in EntryDeed.allCases {
        count(deed, Int(json?[stream.rawValue]?[deed.rawValue]?.int ?? 0), of: stream)
      }
    }
  }
}
