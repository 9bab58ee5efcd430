import Competition
import Foundation
import Logging
import Testing

@testable import Callables

@Suite("A process of a function in Python", .timeLimit(.minutes(3)))
struct PythonProcessTests {
  @Test("that answers just when its time is up has answered or is late, and the next call goes on")
  func onTheDot() async throws {
    let pool = Operator.pool("takes_its_time")
    let limit = Duration.milliseconds(50)
    let late = await pool.lend { process in
      var late = 0
      for attempt in 0..<100 {
        // From some milliseconds before the limit to some after it: now the answer is first, now the limit.
        let seconds = 0.040 + 0.0002 * Double(attempt)
        do {
          let answer = try await process.ask(Operator.request(["seconds": .double(seconds)]), within: limit)
          #expect(answer["scores"]?.array?.first?["value"] == 1.0)
        } catch {
          #expect(error as? PythonFailure == .timedOut(limit))
          late += 1
        }
      }
      await #expect(throws: Never.self) {
        let answer = try await process.ask(Operator.request(["seconds": 0]), within: .seconds(60))
        #expect(answer["scores"]?.array?.first?["value"] == 1.0)
      }
      return late
    }
    await pool.close()
    #expect(try #require(late) > 0)
  }
}
