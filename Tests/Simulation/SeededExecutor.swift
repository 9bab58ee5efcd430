import Synchronization

/// Runs all jobs of a world one at a time, in an order drawn from its dice. Child tasks and default actors inherit it from
/// the task that prefers it; an unstructured task must be given it by name.
final class SeededExecutor: TaskExecutor {
  private let jobs = Mutex<[UnownedJob]>([])
  private let dice: Dice
  private let clock: VirtualClock

  init(dice: Dice, clock: VirtualClock) {
    self.dice = dice
    self.clock = clock
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
  }

  /// Runs `work` to its end on the calling thread; whenever nothing is left to run, time moves on.
  /// - Returns: nil when everything waits for something that never comes.
  func run<Result: Sendable>(_ work: @escaping @Sendable () async -> Result) -> Result? {
    let end = End<Result>()
    Task(executorPreference: self) {
      let result = await work()
      end.result.withLock { $0 = result }
    }
    while true {
      if let result = end.result.withLock({ $0 }) { return result }
      if let job = next() {
        job.runSynchronously(on: asUnownedTaskExecutor())
      } else if !clock.advance() {
        return nil
      }
    }
  }

  private final class End<Result: Sendable>: Sendable {
    let result = Mutex<Result?>(nil)
  }

  private func next() -> UnownedJob? {
    jobs.withLock { jobs in
      guard !jobs.isEmpty else { return nil }
      // The last takes the place of the one that runs.
      let index = jobs.count == 1 ? 0 : dice.below(jobs.count)
      jobs.swapAt(index, jobs.count - 1)
      return jobs.removeLast()
    }
  }
}
