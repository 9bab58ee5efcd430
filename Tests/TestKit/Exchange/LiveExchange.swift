import Competition
import Foundation

/// An exchange whose market moves by itself, on the machine's clock: a candle a second, asked for or streamed. Prices come from
/// the time alone.
public final class LiveExchange: Sendable {
  public let exchange: TestExchange
  private let moving: Task<Void, Never>

  public static let past: Int64 = 120

  /// - Parameter seconds: how long the market goes on.
  public init(_ authority: TestAuthority, seconds: Int64 = 3_600) async throws {
    let start = Self.now.seconds - Self.past
    let exchange = try TestExchange(
      (start..<start + Self.past + seconds).map(Self.candle), seconds: 1, now: Timestamp(seconds: start + Self.past),
      isDated: true)
    try await exchange.stream.start(authority)
    self.exchange = exchange
    moving = Task {
      var told = start + Self.past
      while !Task.isCancelled {
        exchange.clock.now = Self.now
        while told + 1 <= exchange.clock.now.seconds {
          exchange.stream.send(TestExchange.message(Self.candle(told), granularity: "1s", isClosed: true))
          told += 1
        }
        do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
      }
    }
  }

  public func stop() async throws {
    moving.cancel()
    try await exchange.stop()
  }

  public static func close(_ second: Int64) -> Double { Double(second * 7_919 % 1_000) + 0.5 }

  private static func candle(_ second: Int64) -> TestExchange.Candle {
    TestExchange.Candle(
      opened: second, open: "1000", high: "2000", low: "0.1", close: "\(close(second))", volume: "1")
  }

  private static var now: Timestamp {
    Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
  }
}
