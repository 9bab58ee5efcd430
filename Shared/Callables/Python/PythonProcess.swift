import Competition
import Logging
import Subprocess

/// One Python process: started when it is first asked, again after it ended, killed when it takes too long. It answers one
/// call at a time: the pool sees to that.
actor PythonProcess {
  private let hello: [UInt8]
  private let limits: PythonLimits
  private let logger: Logger
  private var frames: AsyncStream<[UInt8]>.Continuation?
  private var kill: (@Sendable () -> Void)?
  private var pending: CheckedContinuation<[UInt8], any Error>?
  /// Counts the calls, so that a watchdog that is late ends no later call.
  private var call = 0
  /// Why we killed it, if we did.
  private var verdict: PythonFailure?
  private var lastWords = ""
  /// Counts the starts, so that the end of an earlier process is not taken for that of the present one.
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
    verdict = nil
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
        pending = continuation
        if Task.isCancelled { end(call: number, because: .cancelled) }
        frames?.yield(request)
      }
    } onCancel: {
      Task { await end(call: number, because: .cancelled) }
    }
  }

  private func end(call number: Int, because cause: PythonFailure) {
    guard number == call, pending != nil, verdict == nil else { return }
    verdict = cause
    kill?()
  }

  private func answered(_ answer: [UInt8]) {
    // Too late: the process is being killed, and the call ends with it.
    guard verdict == nil else { return }
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
        await started(kill)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { [self] in
            for try await line in execution.standardError.strings() { await heard(line) }
          }
          await converse(stream, execution.standardInputWriter, execution.standardOutput)
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

  private func started(_ kill: @escaping @Sendable () -> Void) {
    self.kill = kill
    // Given up while it was being started.
    if verdict != nil { kill() }
  }

  private func converse(
    _ stream: AsyncStream<[UInt8]>, _ input: StandardInputWriter, _ output: SubprocessOutputSequence
  ) async {
    var answers = FrameReader(output)
    do {
      for await request in stream {
        _ = try await input.write(Frame.bytes(of: request))
        guard let answer = try await answers.next() else { return }
        answered(answer)
      }
    } catch {
      logger.debug("the pipe of a Python process broke", metadata: ["cause": "\(error)"])
    }
  }

  private func heard(_ line: String) {
    logger.debug("a scoring function says", metadata: ["line": "\(line)"])
    if !line.isEmpty { lastWords = line }
  }

  private func ended(_ how: String, _ generation: Int) {
    guard generation == self.generation else { return }
    frames = nil
    kill = nil
    let waiting = pending
    pending = nil
    waiting?.resume(throwing: verdict ?? .ended(lastWords.isEmpty ? how : "\(how): \(lastWords)"))
  }
}
