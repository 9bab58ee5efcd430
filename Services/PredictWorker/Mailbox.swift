/// Things handed over to one reader, who takes all that has come since the last time. While the reader is busy they pile
/// up, so batches grow with the load by themselves; when it is idle it waits until nothing has come for a moment.
actor Mailbox<Item: Sendable> {
  private var items: [Item] = []
  private var reader: CheckedContinuation<Void, Never>?
  private var isClosed = false
  /// Whether the reader waits for more than it has.
  private var isGathering = false
  private let gathering: Duration
  private let longest: Duration
  private let enough: Int
  private let ends: @Sendable (Item) -> Bool

  /// - Parameters:
  ///   - gathering: items wait until no other has come for this long …
  ///   - longest: … but the first one no longer than this …
  ///   - enough: … and not once there are this many.
  ///   - ends: whether an item is the last of those that belong together: nothing waits any more then.
  init(
    gathering: Duration = .zero, atMost longest: Duration = .zero, enough: Int = .max,
    until ends: @escaping @Sendable (Item) -> Bool = { _ in true }
  ) {
    self.gathering = gathering
    self.longest = longest
    self.enough = enough
    self.ends = ends
  }

  func put(_ item: Item) {
    items.append(item)
    if !isGathering || items.count >= enough || ends(item) { wakeReader() }
  }

  /// No more items will come; the reader gets what is left and then nil.
  func close() {
    isClosed = true
    wakeReader()
  }

  /// Waits for at least one item and takes all there are; nil once the box is closed and empty.
  func takeAll() async -> [Item]? {
    while items.isEmpty {
      if isClosed { return nil }
      await withCheckedContinuation { reader = $0 }
    }
    if !isClosed, gathering > .zero, items.count < enough, !items.contains(where: ends) { await gather() }
    defer { items.removeAll(keepingCapacity: true) }
    return items
  }

  private func gather() async {
    isGathering = true
    let alarm = Task {
      var lull = Lull(pause: gathering, longest: longest, count: items.count)
      repeat { try await Task.sleep(for: gathering) } while !lull.isOver(count: items.count)
      wakeReader()
    }
    await withCheckedContinuation { reader = $0 }
    alarm.cancel()
    isGathering = false
  }

  private func wakeReader() {
    reader?.resume()
    reader = nil
  }
}
