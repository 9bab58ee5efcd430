import Diagnosis
import Logging
import ServiceLifecycleTestKit
import Store
import TestKit
import Testing

@testable import ReportWorker

@Suite("Listeners that do not listen, and the end of the process", .serialized, .timeLimit(.minutes(3)))
struct LiveConnectionTests {
  @Test("a listener that takes nothing is let go after a bounded number of messages, and the others hear on")
  func slow() async throws {
    let desk = LiveDesk(startedAt: ReportBench.now, interval: .milliseconds(1)) { _ in LiveLook() }
    let sleeper = try await desk.join(after: nil)
    let listener = try await desk.join(after: nil)
    var heard = 0
    for await _ in listener {
      heard += 1
      if heard > 3 * LiveDesk.mostWaiting { break }
    }
    #expect(heard > 3 * LiveDesk.mostWaiting)
    var late = 0
    for await _ in sleeper { late += 1 }
    #expect(late == LiveDesk.mostWaiting)
  }

  @Test("a connection that does not take its events is closed")
  func unread() async throws {
    let looks = LookCounter()
    try await ReportBench.with(
      configure: {
        $0.liveInterval = .milliseconds(20)
        $0.patience.event = .milliseconds(200)
      },
      pipeline: {
        looks.add()
        return PipelineLook(problems: [String(repeating: "x", count: 2_000_000)])
      }
    ) { bench in
      let connection = try RawConnection(port: bench.port, receiveBuffer: 4_096)
      connection.send("GET /reports/live HTTP/1.1\r\nHost: h\r\n\r\n")
      try await waitUntil("it is heard") { looks.count > 1 }
      // Without its only listener the server looks no more.
      try await looks.waitUntilStill()
      #expect(await connection.receive(waitingMilliseconds: 20_000).isClosed)
    }
  }

  @Test("on SIGTERM listeners are let go, and the server ends")
  func drains() async throws {
    try await TestDatabase.with { database in
      let (ports, port) = AsyncStream<Int>.makeStream()
      let server = ReportServer(
        store: ReportStore(pool: database.pool(size: 2)), contract: .default,
        configuration: .init(
          port: 0, access: AccessPolicy(keys: KeyRing(), readsNeedKey: false, publicPrefixes: [], adminPrefixes: [])),
        pipeline: { PipelineLook() }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        now: { ReportBench.now }, onListening: { port.yield($0) })
      try await testGracefulShutdown { trigger in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await server.run() }
          var listening = 0
          for await port in ports {
            listening = port
            break
          }
          let listener = try RawConnection(port: listening)
          listener.send("GET /reports/live HTTP/1.1\r\nHost: h\r\n\r\n")
          var text = ""
          while !text.contains("event: streams") { text += await listener.receive(waitingMilliseconds: 50).text }
          trigger.triggerGracefulShutdown()
          try await group.waitForAll()
          // The server has ended: what is left is to be read, and then nothing.
          #expect(await listener.receive(waitingMilliseconds: 20_000).isClosed)
        }
      }
    }
  }
}
