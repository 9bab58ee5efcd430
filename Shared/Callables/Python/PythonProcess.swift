import Competition
import Logging
import Subprocess

/// One Python process: started when it is first asked, again after it ended, killed when it takes too long. It answers one
/// call at a time: the pool sees to that. A call that is given up ends at once, whatever its process does until it is gone.
actor PythonProcess {
  private let hello: [UInt8]
  private let limits: PythonLimits
  private let logger: Logger
  private var frames: AsyncStream<[UInt8]>.Continuation?
  private var kill: (@Sendable () -> Void)?
  private var pending: CheckedContinuation<[UInt8], any Error>?
  /// Counts the calls, so that a watchdog that is late ends no later call.
  private var call = 0
  private var lastWords = ""
  /// How the last process ended by itself.
  private var lastEnd = "it is not started"
  /// Counts the processes, so that nothing that an earlier one says, also by its end, is taken for a word of the present one.
  private var generation = 0

  /// - Parameter hello: the frame that names the function.
  init(hello: [UInt8], limits: PythonLimits, logger: Logger) {
    self.hello = hello
    self.limits = limits
    self.logger = logger
  }

  /// The answer to a request. A process whose memory ran out answers for the last time: the next request goes to another.
  /// - Throws: `PythonFailure`; the process is gone then, unless it refused.
  func ask(_ request: [UInt8], within limit: Duration) async throws -> JSON {
    try await start()
    // Python writes NaN where JSON has none; the result that holds it fails alone.
    let answer = try JSON(parsing: try await exchange(request, within: limit), nonFinite: .accept)
    if answer["spent"] == true { close() }
    return answer
  }

  /// Starts the process unless it runs.
  func start() async throws {
    guard frames == nil else { return }
    let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
    frames = continuation
    lastWords = ""
    generation += 1
    let present = generation
    Task { await run(stream, generation: present) }
    let answer = try await exchange(hello, within: limits.startLimit)
    if let reason = PythonAnswer.refusal(in: answer) {
      close()
      throw PythonFailure.refused(reason)
    }
  }

  /// Lets the process end by itself.
  func close() {
    frames?.finish()
    frames = nil
    kill = nil
  }

  // MARK: A call

  private func exchange(_ request: [UInt8], within limit: Duration) async throws -> [UInt8] {
    call += 1
    let number = call
    let watchdog = Task {
      try await Task.sleep(for: limit)
      end(call: number, because: .timedOut(limit))
    }
    defer { watchdog.cancel() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        // It may have ended between two calls.
        guard let frames else { return continuation.resume(throwing: PythonFailure.ended(lastEnd)) }
        pending = continuation
        if Task.isCancelled { return end(call: number, because: .cancelled) }
        frames.yield(request)
      }
    } onCancel: {
      Task { await end(call: number, because: .cancelled) }
    }
  }

  /// Gives a call up, and its process, which is killed: an answer that is under way comes to nobody.
  private func end(call number: Int, because cause: PythonFailure) {
    guard number == call, let waiting = pending else { return }
    pending = nil
    generation += 1
    kill?()
    close()
    waiting.resume(throwing: cause)
  }

  private func answered(_ answer: [UInt8], _ generation: Int) {
    guard generation == self.generation else { return }
    pending?.resume(returning: answer)
    pending = nil
  }

  // MARK: The process

  private func run(_ stream: AsyncStream<[UInt8]>, generation: Int) async {
    var options = PlatformOptions()
    // A group of its own: what the function starts ends with it.
    options.createSession = true
    let executable: Executable =
      limits.interpreter.contains("/") ? .path(.init(limits.interpreter)) : .name(limits.interpreter)
    let changes = limits.environment.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) } }
    let how: String
    do {
      let result = try await Subprocess.run(
        executable, arguments: ["-c", String(decoding: PackageResources.callable_host_py, as: UTF8.self)],
        environment: .inherit.updating(Dictionary(changes) { $1 }), platformOptions: options, input: .inputWriter,
        output: .sequence, error: .sequence
      ) { execution in
        let kill: @Sendable () -> Void = { [logger] in
          do { try execution.send(signal: .kill, toProcessGroup: true) } catch {
            logger.debug("a Python process had ended already", metadata: ["cause": "\(error)"])
          }
        }
        started(kill, generation)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { [self] in
            for try await line in execution.standardError.strings() { await heard(line, generation) }
          }
          await converse(stream, execution.standardInputWriter, execution.standardOutput, generation)
          try await execution.standardInputWriter.finish()
          kill()
          try await group.waitForAll()
        }
      }
      how = "\(result.terminationStatus)"
    } catch {
      how = "\(error)"
    }
    ended(how, generation)
  }

  private func started(_ kill: @escaping @Sendable () -> Void, _ generation: Int) {
    // Given up while it was being started.
    guard generation == self.generation else { return kill() }
    self.kill = kill
  }

  private func converse(
    _ stream: AsyncStream<[UInt8]>, _ input: StandardInputWriter, _ output: SubprocessOutputSequence, _ generation: Int
  ) async {
    var answers = FrameReader(output)
    do {
      for await request in stream {
        _ = try await input.write(Frame.bytes(of: request))
        guard let answer = try await answers.next() else { return }
        answered(answer, generation)
      }
    } catch {
      logger.debug("the pipe of a Python process broke", metadata: ["cause": "\(error)"])
    }
  }

  private func heard(_ line: String, _ generation: Int) {
    logger.debug("a scoring function says", metadata: ["line": "\(line)"])
    if !line.isEmpty, generation == self.generation { lastWords = line }
  }

  private func ended(_ how: String, _ generation: Int) {
    guard generation == self.generation else { return }
    frames = nil
    kill = nil
    lastEnd = lastWords.isEmpty ? how : "\(how): \(lastWords)"
    pending?.resume(throwing: PythonFailure.ended(lastEnd))
    pending = nil
  }
}
