import Foundation
import TestKit

/// A week of minute candles of a real market, where they are.
enum RecordedCandles {
  private static let file: URL? = ProcessInfo.processInfo.environment["CANDLES_DIR"].map {
    URL(filePath: $0).appending(path: "BTCUSDT_1m_2023-03-08_2023-03-14.csv")
  }

  static var areThere: Bool { file.map { FileManager.default.isReadableFile(atPath: $0.path) } ?? false }

  static func read() throws -> [TestExchange.Candle] {
    guard let file else { return [] }
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: ",").map { String($0).trimmingCharacters(in: .whitespaces) }
      guard fields.count == 6, let opened = Int64(fields[0]) else { return nil }
      return TestExchange.Candle(
        opened: opened, open: fields[1], high: fields[2], low: fields[3], close: fields[4], volume: fields[5])
    }
  }
}
