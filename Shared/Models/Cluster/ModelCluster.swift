import Competition
import Logging
import NIOWebSocket
import WebSockets

/// The models that take part now. It follows the orchestrator's announcements, keeps a connection to every model, and calls
/// all of them at once; each has its own deadline, its own queue and its own failures.
public actor ModelCluster {
  private struct Member {
    var run: ModelRun
    var session: ModelSession
    var task: Task<Void, Never>
    var isReady = false
    /// What the last attempt to set it up failed with.
    var trouble: String?
  }

  private let configuration: ModelClusterConfiguration
  private let logger: Logger
  private var members: [String: Member] = [:]
  /// Models that were let go of, until they are announced anew.
  private var refused: [String: AnnouncedModel] = [:]
  private var outgoing: AsyncStream<String>.Continuation?
  private var unsent: [String] = []
  /// Why the orchestrator is away; nil while it is there.
  public private(set) var trouble: String?
  private let onConnection: @Sendable (Bool) -> Void

  /// - Parameter onConnection: told when the orchestrator is there and when it is gone.
  public init(
    _ configuration: ModelClusterConfiguration, logger: Logger,
    onConnection: @Sendable @escaping (Bool) -> Void = { _ in }
  ) {
    self.configuration = configuration
    self.logger = logger
    self.onConnection = onConnection
  }

  /// The models that are set up and can be asked, by id.
  public func models() -> [ConnectedModel] {
    members.values.filter(\.isReady).map { ConnectedModel($0.run) }.sorted { $0.id < $1.id }
  }

  /// All models that the orchestrator announces, by id, also those that cannot be asked.
  public func announced() -> [AnnouncedModel] {
    let known = members.values.map { AnnouncedModel($0.run, $0.isReady ? .ready : .connecting($0.trouble)) }
    return (known + refused.values).sorted { $0.model.id < $1.model.id }
  }

  /// Offers the newest data of a subject to all models. Nobody is waited for: a model that is busy gets it, or what is newer
  /// by then, when its turn comes.
  public func tick(_ data: EncodedArgument, subject: String) async {
    let call: EncodedCall
    do { call = try EncodedCall(method: configuration.updateMethod, arguments: [data]) } catch {
      return logger.error("data cannot be encoded", metadata: ["cause": "\(error)"])
    }
    for member in members.values where member.isReady { await member.session.offer(call, subject: subject) }
  }

  /// Asks models. Answers come as they are given; the stream ends when all models have answered or are late.
  public func predict(_ call: PredictCall) async -> AsyncStream<ModelAnswer> {
    let (answers, continuation) = AsyncStream<ModelAnswer>.makeStream()
    let fanOut = FanOut(call.modelIDs, continuation)
    let deadline = ContinuousClock.now + call.deadline
    let timer = Task {
      do { try await Task.sleep(for: call.deadline) } catch { return }
      await fanOut.expire()
    }
    continuation.onTermination = { reason in
      timer.cancel()
      // Nobody listens any more: models need not be asked what still waits for its turn.
      if case .cancelled = reason { Task { await fanOut.expire() } }
    }
    do {
      let encoded = try EncodedCall(method: call.method, arguments: call.arguments)
      for id in call.modelIDs {
        if let member = members[id], member.isReady {
          await member.session.ask(encoded, fanOut, by: deadline)
        } else {
          await fanOut.deliver(
            ModelAnswer(modelID: id, outcome: .failed("the model left before it was asked"), milliseconds: 0))
        }
      }
    } catch {
      for id in call.modelIDs {
        await fanOut.deliver(
          ModelAnswer(modelID: id, outcome: .failed("the call cannot be encoded: \(error)"), milliseconds: 0))
      }
    }
    return answers
  }

  // MARK: Orchestrator

  /// Follows the orchestrator until the task is cancelled. While it is away the models that are connected go on.
  public func run() async {
    var pause: Duration = .zero
    while !Task.isCancelled {
      do {
        let link = try await WebSocketLink.connect(
          host: configuration.host, port: configuration.port, path: "/" + configuration.crunchID)
        pause = .zero
        trouble = nil
        onConnection(true)
        logger.info("orchestrator connected")
        let code = try await link.run(outgoing: openOutgoing()) { text in await self.receive(text) }
        logger.notice("orchestrator closed the connection", metadata: ["code": "\(code.map { "\($0)" } ?? "none")"])
        if code == nil { pause = .milliseconds(500) }
      } catch {
        trouble = "\(error)"
        if pause == .zero { logger.warning("orchestrator is away", metadata: ["cause": "\(error)"]) }
        pause = min(max(pause * 2, .milliseconds(250)), .seconds(10))
      }
      outgoing = nil
      onConnection(false)
      do { try await Task.sleep(for: pause * Double.random(in: 0.5...1)) } catch { break }
    }
    for id in Array(members.keys) { remove(id) }
  }

  private func openOutgoing() -> AsyncStream<String> {
    let (texts, continuation) = AsyncStream<String>.makeStream()
    for text in unsent { continuation.yield(text) }
    unsent = []
    outgoing = continuation
    return texts
  }

  private func receive(_ text: String) {
    do {
      let message = try OrchestratorMessage(parsing: text) { [logger] reason in
        logger.warning("announcement skipped", metadata: ["reason": "\(reason)"])
      }
      switch message {
      case .initial(let runs):
        for run in runs { apply(run) }
        let listed = Set(runs.map(\.modelID))
        for (id, member) in members where member.isReady && !listed.contains(id) { remove(id) }
        refused = refused.filter { listed.contains($0.key) }
      case .update(let runs): for run in runs { apply(run) }
      case .reportFailure: logger.warning("the orchestrator sent a message that only coordinators send")
      }
    } catch {
      logger.warning("message of the orchestrator skipped", metadata: ["cause": "\(error)"])
    }
  }

  private func apply(_ run: ModelRun) {
    let known = members[run.modelID].flatMap { $0.run.deploymentID == run.deploymentID ? $0.run : nil }
    switch (run.state, known) {
    case (.running, let known?) where known.host == run.host && known.port == run.port:
      members[run.modelID]?.run = run
    case (.running, _):
      remove(run.modelID)
      refused[run.modelID] = nil
      connect(run)
    // A late word about a deployment that was replaced is about nobody.
    case (.stopped, nil), (.recovering, nil): break
    case (.stopped, _), (.recovering, _): remove(run.modelID)
    }
  }

  private func connect(_ run: ModelRun) {
    var logger = logger
    logger[metadataKey: "model"] = "\(run.modelID)"
    do {
      let session = try ModelSession(
        run, className: configuration.baseClassname, timeout: configuration.timeout, logger: logger
      ) { [weak self] event in await self?.handle(event, of: run) }
      members[run.modelID] = Member(run: run, session: session, task: Task { await session.serve() })
    } catch {
      refused[run.modelID] = AnnouncedModel(run, .refused("its address \(run.host) cannot be used: \(error)"))
      logger.error("model has no usable address", metadata: ["host": "\(run.host)", "cause": "\(error)"])
    }
  }

  private func remove(_ id: String) {
    guard let member = members.removeValue(forKey: id) else { return }
    member.task.cancel()
    logger.info("model left", metadata: ["model": "\(id)"])
  }

  /// What a session says counts only while it is the one of its model.
  private func handle(_ event: ModelSession.Event, of run: ModelRun) {
    guard let current = members[run.modelID], current.run.deploymentID == run.deploymentID,
      current.run.host == run.host, current.run.port == run.port
    else { return }
    switch event {
    case .ready:
      members[run.modelID]?.isReady = true
      logger.info("model joined", metadata: ["model": "\(run.modelID)", "name": "\(run.name)"])
    case .lost:
      remove(run.modelID)
      connect(run)
    case .waiting(let cause): members[run.modelID]?.trouble = cause
    case .refused(let reason):
      remove(run.modelID)
      refused[run.modelID] = AnnouncedModel(run, .refused(reason))
    case .report(let code, let reason):
      logger.warning(
        "model reported", metadata: ["model": "\(run.modelID)", "code": "\(code.rawValue)", "reason": "\(reason)"])
      remove(run.modelID)
      refused[run.modelID] = AnnouncedModel(run, .refused("\(code.rawValue): \(reason)"))
      guard configuration.reportsFailures else { return }
      send(
        .reportFailure([FailureReport(modelID: run.modelID, code: code.rawValue, reason: reason, host: run.host)]))
    }
  }

  private func send(_ message: OrchestratorMessage) {
    if let outgoing { outgoing.yield(message.text) } else { unsent.append(message.text) }
  }
}
