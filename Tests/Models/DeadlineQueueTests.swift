import Testing

@testable import Models

@Suite("Questions that wait for a model")
struct DeadlineQueueTests {
  @Test("of a slot go before those of a round that were there earlier, and equal ones in the order of asking")
  func order() {
    var queue = DeadlineQueue<String>()
    let now = ContinuousClock.now
    for row in 0..<3 { queue.insert("row \(row)", by: now + .seconds(60)) }
    queue.insert("slot 1", by: now + .seconds(6))
    queue.insert("slot 2", by: now + .seconds(6))
    queue.insert("late row", by: now + .seconds(90))
    var order: [String] = []
    while !queue.isEmpty { order.append(queue.removeFirst()) }
    #expect(order == ["slot 1", "slot 2", "row 0", "row 1", "row 2", "late row"])
  }
}
