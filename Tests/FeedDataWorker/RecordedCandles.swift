import Foundation
import TestKit

/// A week of minute candles of real markets, where they are.
enum RecordedCandles {
  private static func file(_ symbol: String) -> URL? {
    ProcessInfo.processInfo.environment["CANDLES_DIR"].map {
      URL(filePath: $0).appending(path: "\(symbol)_1m_2023-03-08_2023-03-14.csv")
    }
  }

  static let symbols = ["BTCUSDT", "BTCUSDC"]

  static var areThere: Bool {
    symbols.allSatisfy { symbol in file(symbol).map { FileManager.default.isReadableFile(atPath: $0.path) } ?? false }
  }

  static func read(_ symbol: String) throws -> [TestExchange.Candle] {
    guard let file = file(symbol) else { return [] }
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: ",").map { String($0).trimmingCharacters(in: .whitespaces) }
      guard fields.count == 6, let opened = Int64(fields[0]) else { return nil }
      return TestExchange.Candle(
        opened: opened, open: fields[1], high: fields[2], low: fields[3], close: fields[4], volume: fields[5])
    }
  }
}
