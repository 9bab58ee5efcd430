import Competition
import NIOCore

/// The newest messages with their ids, so that somebody whose connection broke goes on where it was. Pure.
struct LiveHistory: Sendable {
  private struct Kept: Sendable {
    var number: Int
    var kind: LiveMessage.Kind
    var frame: ByteBuffer
  }

  /// Tells the ids of one start of the process from those of another.
  private let epoch: String
  private var last = 0
  private var kept: [Kept] = []
  private var bytes = 0
  /// The newest message that had to go, other than figures that others have replaced.
  private var lost = 0

  /// Messages that are kept, and bytes of them.
  static let most = 512
  private static let mostBytes = 4_194_304

  init(startedAt: Timestamp) { epoch = String(startedAt.microseconds, radix: 36) }

  /// The id of the newest message.
  var newest: String { id(last) }

  private func id(_ number: Int) -> String { "\(epoch)-\(number)" }

  /// Keeps messages; answers them as they are sent.
  mutating func append(_ messages: [LiveMessage]) -> [ByteBuffer] {
    messages.map { message in
      last += 1
      let frame = message.frame(id: id(last))
      // Figures of the streams hold until the next ones.
      if message.kind == .streams { drop { $0.kind == .streams } }
      kept.append(Kept(number: last, kind: message.kind, frame: frame))
      bytes += frame.readableBytes
      while kept.count > Self.most || bytes > Self.mostBytes {
        let oldest = kept.removeFirst()
        bytes -= oldest.frame.readableBytes
        lost = oldest.number
      }
      return frame
    }
  }

  private mutating func drop(_ isOld: (Kept) -> Bool) {
    bytes -= kept.filter(isOld).reduce(0) { $0 + $1.frame.readableBytes }
    kept.removeAll(where: isOld)
  }

  /// What came after a message; nil when that is not known (any more).
  func frames(after id: String) -> [ByteBuffer]? {
    let parts = id.split(separator: "-", maxSplits: 1)
    guard parts.count == 2, parts[0] == epoch, let number = Int(parts[1]), (lost...last).contains(number) else {
      return nil
    }
    return kept.filter { $0.number > number }.map(\.frame)
  }
}
