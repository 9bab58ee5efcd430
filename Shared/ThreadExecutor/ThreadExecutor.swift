import Foundation

/// One thread that runs the jobs of every actor that names it as its executor.
///
/// The C clients of this project block. An actor on a thread of its own may block without holding up Swift's cooperative
/// pool, which has one thread a core; actors and tasks that share the thread call each other without a hop.
///
/// Keep it in the owner of its actors and call `stop()` last: without that the thread stays for the process's life.
public final class ThreadExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
  // Safe: `jobs` and `stopping` are touched only while `condition` is locked.
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []
  private var stopping = false

  /// Starts the thread. `name` shows in debuggers and process lists.
  public init(name: String) {
    let thread = Thread { [self] in run() }
    thread.name = name
    thread.start()
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.lock()
    jobs.append(job)
    condition.unlock()
    // Unlocked first: the thread that wakes need not wait for the lock.
    condition.signal()
  }

  private func run() {
    let executor = asUnownedSerialExecutor()
    while true {
      condition.lock()
      while jobs.isEmpty, !stopping { condition.wait() }
      let batch = jobs
      jobs.removeAll(keepingCapacity: true)
      let done = stopping && batch.isEmpty
      condition.unlock()
      if done { return }
      for job in batch { job.runSynchronously(on: executor) }
    }
  }

  /// Ends the thread once its jobs are done. Jobs that come later never run: stop after the last actor is gone.
  public func stop() {
    condition.lock()
    stopping = true
    condition.signal()
    condition.unlock()
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
