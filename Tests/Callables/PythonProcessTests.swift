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
    let ends = await pool.lend { process in
      var ends = (answered: 0, late: 0)
      for attempt in 0..<100 {
        // From some milliseconds before the limit to some after it: now the answer is first, now the limit.
        let seconds = 0.040 + 0.0002 * Double(attempt)
        do {
          _ = try await process.ask(Operator.request(["seconds": .double(seconds)]), within: limit)
          ends.answered += 1
        } catch {
          #expect(error as? PythonFailure == .timedOut(limit))
          ends.late += 1
        }
      }
      return ends
    }
    await pool.close()
    #expect(try #require(ends).answered + #require(ends).late == 100)
    #expect(try #require(ends).late > 0)
  }
}
