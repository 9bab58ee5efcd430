import Competition

/// What a candle is made of, in order of time, with what it comes to up to each part: a part that comes last costs one step,
/// one among the others as many as there are behind it.
struct CandleParts: Sendable {
  struct Part: Sendable, Hashable {
    var open: Double
    var high: Double
    var low: Double
    var close: Double
    var volume: Double
    var isClosed: Bool
  }

  /// A part, and what those up to it come to.
  private struct Place: Sendable {
    var time: Timestamp
    var part: Part
    var high = 0.0
    var low = 0.0
    var volume = 0.0
  }

  private var places: [Place] = []
  /// Parts that belong among the others and are not there yet.
  private var displaced: [Timestamp: Part] = [:]
  /// The first place whose sums are not those of its parts.
  private var firstUnsummed = 0
  private(set) var closedCount = 0
  /// Parts that were added up, so far.
  private(set) var steps = 0

  var count: Int { places.count + displaced.count }

  /// Puts a part in its place. A forming one never replaces a closed one.
  /// - Returns: whether it was put there.
  mutating func put(_ part: Part, at time: Timestamp) -> Bool {
    let index = place(of: time)
    let isThere = index < places.count && places[index].time == time
    if let known = isThere ? places[index].part : displaced[time] {
      if known.isClosed, !part.isClosed { return false }
      closedCount -= known.isClosed ? 1 : 0
    }
    closedCount += part.isClosed ? 1 : 0
    if isThere {
      places[index].part = part
      firstUnsummed = min(firstUnsummed, index)
    } else if index == places.count {
      places.append(Place(time: time, part: part))
    } else {
      displaced[time] = part
    }
    return true
  }

  /// What all parts come to. They are added in order of time, so that sums are the same whatever came first.
  mutating func values() -> JSONObject? {
    arrange()
    for index in firstUnsummed..<places.count { add(up: index) }
    firstUnsummed = places.count
    guard let first = places.first, let last = places.last else { return nil }
    return [
      "open": .double(first.part.open), "high": .double(last.high), "low": .double(last.low),
      "close": .double(last.part.close), "volume": .double(last.volume),
    ]
  }

  private mutating func add(up index: Int) {
    let part = places[index].part
    let before = index > 0 ? places[index - 1] : nil
    places[index].high = before.map { max($0.high, part.high) } ?? part.high
    places[index].low = before.map { min($0.low, part.low) } ?? part.low
    places[index].volume = (before?.volume ?? 0) + part.volume
    steps += 1
  }

  /// Puts what came out of order among the others.
  private mutating func arrange() {
    guard let earliest = displaced.keys.min() else { return }
    let begin = place(of: earliest)
    let late = displaced.map { Place(time: $0.key, part: $0.value) }
    places.replaceSubrange(begin..., with: (places[begin...] + late).sorted { $0.time < $1.time })
    displaced = [:]
    firstUnsummed = min(firstUnsummed, begin)
  }

  /// Where a part of this time is, or would be.
  private func place(of time: Timestamp) -> Int {
    guard let last = places.last, time <= last.time else { return places.count }
    var (low, high) = (0, places.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if places[middle].time < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
