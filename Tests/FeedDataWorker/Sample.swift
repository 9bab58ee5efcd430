import Foundation

/// The bundled prices.
func sample() -> String {
  URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Examples/demo/stocks.csv")
    .standardizedFileURL.path
}
