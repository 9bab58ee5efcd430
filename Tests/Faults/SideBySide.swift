import Testing

extension SuiteTrait where Self == SideBySide {
  /// Lets so many tests of a suite run at the same time; the others wait for their turn.
  static func sideBySide(_ count: Int) -> SideBySide { SideBySide(turns: Turns(count)) }
}

struct SideBySide: SuiteTrait, TestTrait, TestScoping {
  fileprivate let turns: Turns

  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    await turns.take()
    do {
      try await function()
      await turns.give()
    } catch {
      await turns.give()
      throw error
    }
  }
}

private actor Turns {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func give() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
