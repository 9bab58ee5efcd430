import Competition
import GRPCCore
import Logging

/// The connection to one run of a model: Setup, then one call at a time. Whatever this model does is its own affair.
actor ModelSession {
  /// What the session tells its cluster.
  enum Event: Sendable {
    case ready
    /// An attempt to set it up failed; there will be another.
    case waiting(cause: String)
    /// It cannot be set up, through no fault of its own.
    case refused(reason: String)
    /// The model is to be reported and let go of.
    case report(FailureCode, reason: String)
    /// The node's health check failed: connect anew.
    case lost
  }

  private let run: ModelRun
  private let className: String
  private let timeout: Duration
  private let logger: Logger
  private let client: NodeClient
  private let tell: @Sendable (Event) async -> Void

  private var policy = CallPolicy()
  /// The newest offer of each subject, in order of arrival.
  private var offers: [(subject: String, call: EncodedCall)] = []
  private var questions = DeadlineQueue<(call: EncodedCall, fanOut: FanOut)>()
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation
  private var isOver = false

  private static let attempts = 5
  private static let setUpPatience: Duration = .seconds(120)
  private static let connectPatience: Duration = .seconds(10)

  init(
    _ run: ModelRun, className: String, timeout: Duration, logger: Logger,
    tell: @Sendable @escaping (Event) async -> Void
  ) throws {
    self.run = run
    self.className = className
    self.timeout = timeout
    self.logger = logger
    self.tell = tell
    client = try NodeClient(host: run.host, port: run.port)
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Connects, sets up and serves until the task is cancelled or the session is over.
  func serve() async {
    let client = client
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [logger] in
        do { try await client.run() } catch { logger.debug("connection ended", metadata: ["cause": "\(error)"]) }
      }
      await work()
      client.close()
      group.cancelAll()
    }
    for question in questions.elements { await answer(question, .failed("the model left before it was asked")) }
    questions.removeAll()
  }

  /// Shows data to the model when its turn comes. An older offer of the same subject that still waits is dropped.
  func offer(_ call: EncodedCall, subject: String) {
    offers.removeAll { $0.subject == subject }
    offers.append((subject, call))
    wakeUp.yield()
  }

  /// - Parameter deadline: until when the answer counts; what is due first is asked first.
  func ask(_ call: EncodedCall, _ fanOut: FanOut, by deadline: ContinuousClock.Instant) async {
    guard !isOver else { return await answer((call, fanOut), .failed("the model left before it was asked")) }
    questions.insert((call, fanOut), by: deadline)
    wakeUp.yield()
  }

  // MARK: Setup

  private func work() async {
    defer { isOver = true }
    guard await setUp() else { return }
    await tell(.ready)
    while !Task.isCancelled, !isOver {
      if !offers.isEmpty {
        _ = await call(offers.removeFirst().call)
      } else if !questions.isEmpty {
        await handle(questions.removeFirst())
      } else {
        for await _ in wakeUps { break }
      }
    }
  }

  private func setUp() async -> Bool {
    for attempt in 1...Self.attempts {
      do {
        let status = try await client.setUp(
          className: className, patience: attempt == 1 ? Self.setUpPatience : Self.connectPatience)
        return await accept(status)
      } catch {
        if Task.isCancelled { return false }
        logger.info("model cannot be reached yet", metadata: ["attempt": "\(attempt)", "cause": "\(error)"])
        await tell(.waiting(cause: (error as? RPCError).map { "\($0.code): \($0.message)" } ?? "\(error)"))
      }
      if attempt < Self.attempts {
        do { try await Task.sleep(for: .seconds(1 << attempt)) } catch { return false }
      }
    }
    await tell(.report(.connectionFailed, reason: "the node did not answer \(Self.attempts) attempts"))
    return false
  }

  private func accept(_ status: Commons_Status) async -> Bool {
    switch status.code {
    case "SUCCESS": return true
    case "BAD_IMPLEMENTATION":
      await tell(.report(.badImplementation, reason: status.message))
    case "INVALID_ARGUMENT":
      logger.error(
        "the base class name was refused", metadata: ["class": "\(className)", "answer": "\(status.message)"])
      await tell(.refused(reason: "MODEL_BASE_CLASSNAME \(className): \(status.message)"))
    default:
      await tell(.report(.multipleFailed, reason: "Setup answered \(status.code): \(status.message)"))
    }
    return false
  }

  // MARK: Calls

  private func handle(_ question: (call: EncodedCall, fanOut: FanOut)) async {
    // One whose deadline has passed meanwhile need not be asked any more.
    guard await question.fanOut.wants(run.modelID) else { return }
    let started = ContinuousClock.now
    let outcome = await call(question.call)
    await answer(question, outcome, milliseconds: (ContinuousClock.now - started) / .milliseconds(1))
  }

  private func answer(
    _ question: (call: EncodedCall, fanOut: FanOut), _ outcome: ModelAnswer.Outcome, milliseconds: Double = 0
  ) async {
    await question.fanOut.deliver(ModelAnswer(modelID: run.modelID, outcome: outcome, milliseconds: milliseconds))
  }

  private func call(_ call: EncodedCall) async -> ModelAnswer.Outcome {
    guard policy.mayCall() else {
      await follow(policy.timedOut())
      return .failed("TIMEOUT: not called after \(policy.timeouts) consecutive timeouts")
    }
    do {
      var response = try await client.call(call, timeout: timeout)
      if response.status.code == "FAILED_PRECONDITION" {
        // The node was restarted where it is: a new instance heals it.
        let status = try await client.setUp(className: className, patience: timeout)
        if status.code == "SUCCESS" { response = try await client.call(call, timeout: timeout) }
      }
      return await judge(response)
    } catch {
      await follow(policy.timedOut())
      let text = (error as? RPCError).map { "\($0.code): \($0.message)" } ?? "\(error)"
      return .failed("TIMEOUT: \(text)")
    }
  }

  private func judge(_ response: DynamicSubclass_CallResponse) async -> ModelAnswer.Outcome {
    let status = response.status
    switch status.code {
    case "SUCCESS":
      do {
        let value = response.hasMethodResponse ? try response.methodResponse.decoded() : .null
        policy.succeeded()
        return .value(value)
      } catch {
        await follow(policy.failed())
        return .failed("the answer is \(error)")
      }
    case "BAD_IMPLEMENTATION":
      isOver = true
      await tell(.report(.badImplementation, reason: status.message))
    case "INVALID_ARGUMENT", "FAILED_PRECONDITION": break
    default: await follow(policy.failed())
    }
    return .failed("\(status.code): \(status.message)")
  }

  private func follow(_ consequence: CallPolicy.Consequence) async {
    switch consequence {
    case .none: break
    case .report(let code):
      isOver = true
      await tell(.report(code, reason: "more than \(policy.limit) in a row"))
    case .checkHealth:
      guard !(await client.isServing(timeout: timeout)) else { return }
      isOver = true
      await tell(.lost)
    }
  }
}
