import Testing

@testable import PredictWorker

@Suite("The box between answers and their commit", .timeLimit(.minutes(1)))
struct MailboxTests {
  @Test("a reader takes all that has come, in its order")
  func takesAll() async {
    let box = Mailbox<Int>()
    for item in 0..<5 { await box.put(item) }
    #expect(await box.takeAll() == [0, 1, 2, 3, 4])
    await box.put(5)
    #expect(await box.takeAll() == [5])
  }

  @Test("a reader that waits is woken by the first item")
  func wakes() async {
    let box = Mailbox<Int>()
    let reading = Task { await box.takeAll() }
    await box.put(7)
    #expect(await reading.value == [7])
  }

  /// The moment never passes here: only the item that ends it can.
  @Test("what comes within a moment is taken together, and the moment ends with the last of those that belong together")
  func gathers() async {
    let box = Mailbox<Int>(gathering: .seconds(3_600)) { $0 == 9 }
    await box.put(1)
    let reading = Task { await box.takeAll() }
    await box.put(2)
    await box.put(9)
    #expect(await reading.value == [1, 2, 9])
  }

  /// The moment never passes here, and nothing ends it but the number.
  @Test("enough of them are taken at once, whether they were there before the reader or come while it waits")
  func enough() async {
    let box = Mailbox<Int>(gathering: .seconds(3_600), enough: 2) { _ in false }
    await box.put(1)
    let reading = Task { await box.takeAll() }
    await box.put(2)
    #expect(await reading.value == [1, 2])
    for item in 3...5 { await box.put(item) }
    #expect(await box.takeAll() == [3, 4, 5])
  }

  @Test("a moment passes by itself, and at once when the box is closed")
  func momentPasses() async {
    let box = Mailbox<Int>(gathering: .milliseconds(1)) { _ in false }
    await box.put(1)
    #expect(await box.takeAll() == [1])
    let closing = Mailbox<Int>(gathering: .seconds(3_600)) { _ in false }
    await closing.put(1)
    let reading = Task { await closing.takeAll() }
    await closing.close()
    #expect(await reading.value == [1])
  }

  @Test("the wait is over when nothing has come for a pause, and at the latest after the longest wait")
  func lull() {
    var quiet = Lull(pause: .milliseconds(10), longest: .milliseconds(100), count: 1)
    let ends = [3, 4, 4].map { quiet.isOver(count: $0) }
    #expect(ends == [false, false, true])
    var trickle = Lull(pause: .milliseconds(10), longest: .milliseconds(100), count: 1)
    let waits = (2...11).map { trickle.isOver(count: $0) }
    #expect(waits == Array(repeating: false, count: 9) + [true])
  }

  @Test("a closed box gives what is left, and then ends; a reader that waits is told")
  func closes() async {
    let box = Mailbox<Int>()
    await box.put(1)
    await box.close()
    #expect(await box.takeAll() == [1])
    #expect(await box.takeAll() == nil)
    let empty = Mailbox<Int>()
    let reading = Task { await empty.takeAll() }
    await empty.close()
    #expect(await reading.value == nil)
  }

  @Test("of many that put at the same time nothing is lost")
  func many() async {
    let box = Mailbox<Int>()
    let reading = Task {
      var all: [Int] = []
      while let items = await box.takeAll() { all += items }
      return all
    }
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<20 {
        group.addTask { for item in 0..<50 { await box.put(writer * 50 + item) } }
      }
    }
    await box.close()
    #expect(await reading.value.sorted() == Array(0..<1_000))
  }
}
