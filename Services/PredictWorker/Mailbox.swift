/// Things handed over to one reader, who takes all that has come since the last time. While the reader is busy they pile
/// up, so batches grow with the load by themselves.
actor Mailbox<Item: Sendable> {
  private var items: [Item] = []
  private var reader: CheckedContinuation<Void, Never>?
  private var isClosed = false

  func put(_ item: Item) {
    items.append(item)
    wakeReader()
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
    defer { items.removeAll(keepingCapacity: true) }
    return items
  }

  private func wakeReader() {
    reader?.resume()
    reader = nil
  }
}
