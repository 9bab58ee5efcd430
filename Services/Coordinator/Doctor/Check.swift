import Diagnosis

/// One thing that the doctor looks at. Checks know nothing of each other: what one of them cannot find out, the others can.
protocol Check: Sendable {
  var area: Finding.Area { get }
  /// What it found; an error counts as a problem of its area.
  func findings() async throws -> [Finding]
}

extension Check {
  /// What it found, or that it found nothing out in time.
  func findings(within limit: Duration) async -> [Finding] {
    // Not a task group: it would wait for a check that hears no cancellation.
    let (answers, answer) = AsyncStream<[Finding]>.makeStream()
    let work = Task {
      do { answer.yield(try await findings()) } catch is CancellationError { return } catch {
        answer.yield([
          .problem(area, "could not be looked at", cause: "\(error)", remedy: "see the cause; then run this again")
        ])
      }
    }
    let timer = Task {
      do { try await Task.sleep(for: limit) } catch { return }
      answer.yield([
        .problem(
          area, "could not be looked at", cause: "it gave no answer within \(limit)",
          remedy: "see whether it is overloaded or cut off; --timeout gives it more time")
      ])
    }
    defer {
      work.cancel()
      timer.cancel()
    }
    for await findings in answers { return findings }
    return []
  }
}

extension StreamCheck: Check {
  var area: Finding.Area { .streams }
}

extension FeedCheck: Check {
  var area: Finding.Area { .feed }
}
