/// Things that wait for their turn: what is due first comes first, and of what is due at the same time what came first. So
/// a hundred rows of a round, which may be answered within a minute, do not make the next slot late.
struct DeadlineQueue<Element> {
  private var entries: [(deadline: ContinuousClock.Instant, element: Element)] = []

  var isEmpty: Bool { entries.isEmpty }
  var elements: [Element] { entries.map(\.element) }

  mutating func insert(_ element: Element, by deadline: ContinuousClock.Instant) {
    let place = entries.lastIndex { $0.deadline <= deadline }.map { $0 + 1 } ?? 0
    entries.insert((deadline, element), at: place)
  }

  mutating func removeFirst() -> Element { entries.removeFirst().element }
  mutating func removeAll() { entries = [] }
}
