import Competition
import Testing

@testable import ScoreWorker

@Suite("How often and how much")
struct PaceTests {
  private let start = Timestamp(seconds: 1_771_000_000)

  @Test("a batch has about as many predictions as it should, however many a task has")
  func batchPace() async {
    for perTask in [1, 10, 250, 1_000] {
      let pace = BatchPace(predictions: 1_000)
      for _ in 0..<50 {
        let tasks = await pace.tasks
        await pace.record(tasks: tasks, predictions: tasks * perTask)
      }
      let wanted = 1_000 / perTask
      #expect(abs(await pace.tasks - wanted) <= 1, "\(perTask) a task")
    }
  }

  @Test("a batch has at least one task, and never more than predictions")
  func bounds() async {
    let pace = BatchPace(predictions: 50)
    #expect(await pace.tasks >= 1)
    await pace.record(tasks: 1, predictions: 1_000_000)
    #expect(await pace.tasks == 1)
    for _ in 0..<100 { await pace.record(tasks: 1_000, predictions: 1) }
    #expect(await pace.tasks == 50)
  }

  @Test("batches without predictions teach nothing")
  func empty() async {
    let pace = BatchPace(predictions: 1_000)
    let before = await pace.tasks
    await pace.record(tasks: 0, predictions: 0)
    await pace.record(tasks: 10, predictions: 0)
    #expect(await pace.tasks == before)
  }

  @Test("what is done every so often is due at first, and again when its time has passed")
  func due() {
    var pace = Pace(seconds: 2)
    let looks = [0, 1.9, 2, 3.9, 4.1].map { pace.isDue(at: start.adding(seconds: $0)) }
    #expect(looks == [true, false, true, false, true])
  }

  @Test("a clock that is set back stops nothing")
  func clockSetBack() {
    var pace = Pace(seconds: 2)
    let looks = [0, -3_600, -3_599].map { pace.isDue(at: start.adding(seconds: $0)) }
    #expect(looks == [true, true, false])
  }

  @Test("what took long is due later, what was quick at its usual time")
  func stretch() {
    var pace = Pace(seconds: 2)
    var looks = [pace.isDue(at: start)]
    pace.stretch(to: 30)
    looks += [29, 30].map { pace.isDue(at: start.adding(seconds: $0)) }
    #expect(looks == [true, false, true])
    pace.stretch(to: 0.1)
    looks = [31, 32].map { pace.isDue(at: start.adding(seconds: $0)) }
    #expect(looks == [false, true])
  }
}
