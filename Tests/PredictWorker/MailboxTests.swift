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
