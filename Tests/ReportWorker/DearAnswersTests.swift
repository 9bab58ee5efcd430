import Competition
import Store
import Synchronization
import TestKit
import Testing

@testable import ReportWorker

@Suite("Answers that are dear", .timeLimit(.minutes(1)))
struct DearAnswersTests {
  private static let range = ReportRange(start: ReportBench.now, end: ReportBench.now)

  /// Counts how often something is made, and ends making it when it is told.
  private final class Workshop: Sendable {
    private let state = Mutex((made: 0, asked: 0, isOpen: false))

    var made: Int { state.withLock { $0.made } }
    var asked: Int { state.withLock { $0.asked } }
    func ask() { state.withLock { $0.asked += 1 } }
    func open() { state.withLock { $0.isOpen = true } }

    func make() async throws -> Int {
      let number = state.withLock { state in
        state.made += 1
        return state.made
      }
      try await waitUntil("it is to end") { self.state.withLock { $0.isOpen } }
      return number
    }
  }

  @Test("are made once for all who ask first at the same time; others for each", arguments: [true, false])
  func together(isDear: Bool) async throws {
    let answers = DearAnswers<String, Int>(most: 4)
    let workshop = Workshop()
    let got = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<6 {
        group.addTask {
          workshop.ask()
          return try await answers.value(of: "q", over: Self.range, isDear: { _ in isDear }, workshop.make)
        }
      }
      try await waitUntil("all ask") { workshop.asked == 6 && workshop.made > 0 }
      workshop.open()
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(got.sorted() == (isDear ? Array(repeating: 1, count: 6) : Array(1...6)))
    #expect(workshop.made == (isDear ? 1 : 6))
  }
}
