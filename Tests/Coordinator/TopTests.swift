import Competition
import Store
import TestKit
import Testing

@testable import Bus
@testable import Coordinator
@testable import Diagnosis

@Suite("coordinator top", .timeLimit(.minutes(3)))
struct TopTests {
  private static let start = Timestamp(seconds: 1_771_000_000)

  private static func note(handled: Int, at seconds: Int, name: String = "w") -> WorkerNote {
    WorkerNote(
      name: name, service: "score-worker", startedAt: start, seenAt: start.adding(seconds: seconds), state: "working",
      leads: true, handled: handled)
  }

  private static func look(
    at seconds: Int, added: Int, lag: Int, pending: Int = 0, worker: WorkerNote? = nil
  ) -> PipelineLook {
    let streams = BusStream.allCases.map { stream in
      BusStatus.Stream(
        stream: stream, length: lag + pending, parked: 0,
        groups: [
          BusStatus.Group(
            name: stream.group.rawValue, pending: pending, lag: lag, consumers: 1,
            oldestUnread: start, oldestPending: pending > 0 ? start : nil)
        ])
    }
    let status = BusStatus(
      streams: streams, delayed: 1_000_000, overdue: 0, nextDue: start.adding(seconds: seconds + 3),
      now: start.adding(seconds: seconds))
    return PipelineLook(
      streams: PipelineLook.Streams(
        status: status, workers: worker.map { [$0] } ?? [],
        added: Dictionary(uniqueKeysWithValues: BusStream.allCases.map { ($0, added) })),
      pauses: [], deadLetters: 0)
  }

  @Test("rates are differences by the bus's clock: what came in, and what was finished")
  func flows() {
    var rates = PipelineRates()
    rates.note(Self.look(at: 0, added: 100, lag: 10))
    #expect(rates.flows.isEmpty)
    rates.note(Self.look(at: 2, added: 140, lag: 30))
    #expect(rates.flows[.predictionsPending] == PipelineRates.Flow(added: 20, finished: 10))
  }

  @Test("a stream that was lost, and a Redis that was away, have no rate until they are looked at twice again")
  func lost() {
    var rates = PipelineRates()
    rates.note(Self.look(at: 0, added: 100, lag: 0))
    rates.note(Self.look(at: 1, added: 5, lag: 5))
    #expect(rates.flows[.predictionsPending] == nil)
    rates.note(Self.look(at: 2, added: 6, lag: 5))
    #expect(rates.flows[.predictionsPending] == PipelineRates.Flow(added: 1, finished: 1))
    rates.note(PipelineLook(problems: ["Redis is away"]))
    rates.note(Self.look(at: 9, added: 600, lag: 5))
    #expect(rates.flows.isEmpty)
  }

  @Test("a worker's rate holds between two of its notes")
  func workers() {
    var rates = PipelineRates()
    rates.note(Self.look(at: 0, added: 0, lag: 0, worker: Self.note(handled: 10, at: 0)))
    rates.note(Self.look(at: 2, added: 0, lag: 0, worker: Self.note(handled: 50, at: 2)))
    #expect(rates.workers == ["w": 20])
    rates.note(Self.look(at: 3, added: 0, lag: 0, worker: Self.note(handled: 50, at: 2)))
    #expect(rates.workers == ["w": 20])
    rates.note(Self.look(at: 4, added: 0, lag: 0))
    #expect(rates.workers.isEmpty)
  }

  @Test("a frame fits into 80 columns, also with long names, large figures and problems")
  func width() {
    let name = "score-worker@a-host-with-a-very-long-name-indeed-1234567-deadbeef"
    var look = Self.look(
      at: 5_000_000, added: 9_999_999, lag: 99_999, pending: 99_999,
      worker: Self.note(handled: 999_999_999, at: 0, name: name))
    look.pauses = [PauseStore.Pause(stream: "predictions.pending", reason: "", since: Timestamp(seconds: 0))]
    look.problems = [String(repeating: "PostgreSQL is away and ", count: 10)]
    var rates = PipelineRates()
    rates.note(look)
    let lines = TopFrame(look: look, rates: rates).lines
    for line in lines { #expect(line.count <= TopFrame.columns, "\(line)") }
    #expect(lines.contains { $0.contains("PAUSED") })
    #expect(lines.contains { $0.contains("score-worker@a-ho") && $0.contains("deadbeef") })
    #expect(lines.contains { $0.contains("working, leads") })
  }

  @Test("entries of a stream whose group is gone are backlog")
  func groupless() {
    var look = Self.look(at: 0, added: 0, lag: 40)
    look.streams?.status.streams = BusStream.allCases.map {
      BusStatus.Stream(stream: $0, length: 40, parked: 0, groups: [])
    }
    #expect(TopFrame(look: look, rates: PipelineRates()).lines.first?.contains("backlog 40") == true)
  }

  @Test("one frame is printed for pipes, as text and as JSON, with the rate of the second between two looks")
  func once() async throws {
    try await Command.with { command in
      let bus = RedisBus(try TestRedis.configuration, keyPrefix: command.prefix, clientName: "test")
      try await bus.register(Self.note(handled: 7, at: 0), expiry: .seconds(600))
      _ = try await command.database.store.pauses.pause("scores.ready", reason: "")
      let text = try await command.run("top", "--once")
      #expect(text.exitCode == 0)
      #expect(!text.text.contains("\u{1B}"))
      #expect(text.text.contains("predictions.pending") && text.text.contains("PAUSED"))
      let json = try await command.run("top", "--once", "--json").json.first
      #expect(json?["workers"]?.array?.first?["handled"] == 7)
      #expect(json?["paused"] == ["scores.ready"])
      #expect(json?["flows"]?["predictions.pending"]?["in_per_second"]?.number == 0)
    }
  }

  @Test("without Redis or PostgreSQL the other's figures are shown, and the exit code says that something is missing")
  func away() async throws {
    try await Command.with { command in
      let port = try LoopbackPort.free()
      let redis = try await command.run("top", "--once", variables: ["REDIS_URL": "redis://127.0.0.1:\(port)/0"])
      #expect(redis.exitCode == 1)
      #expect(redis.text.contains("Redis is away"))
      let database = try await command.run(
        "top", "--once", variables: ["DATABASE_URL": "postgres://nobody@127.0.0.1:\(port)/none"])
      #expect(database.exitCode == 1)
      #expect(database.text.contains("predictions.pending") && database.text.contains("PostgreSQL"))
    }
  }
}
