/// Takes apart a body of server-sent events (`text/event-stream`) that comes in pieces, cut anywhere.
/// Source: the HTML standard, "Parsing an event stream".
public struct EventStreamParser: Sendable {
  public struct Event: Sendable, Hashable {
    /// `message` unless the server says otherwise.
    public var name: String
    public var data: String

    public init(name: String = "message", data: String) {
      self.name = name
      self.data = data
    }
  }

  /// Bytes of one event that are taken; what goes on longer is dropped up to the blank line that ends it.
  private let longest: Int
  private var line: [UInt8] = []
  private var name = ""
  private var data: [String] = []
  private var size = 0
  private var isFirstLine = true
  private var endedByReturn = false
  /// Events that were dropped because they were too long.
  public private(set) var dropped = 0

  /// Whether anything came.
  public var hasBegun: Bool { !isFirstLine || !line.isEmpty }

  public init(longest: Int = 16 << 20) { self.longest = longest }

  /// The events that these bytes complete.
  public mutating func take(_ bytes: some Sequence<UInt8>) -> [Event] {
    var events: [Event] = []
    for byte in bytes {
      let follows = endedByReturn
      endedByReturn = byte == UInt8(ascii: "\r")
      switch byte {
      case UInt8(ascii: "\n") where follows: continue
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        if let event = endLine() { events.append(event) }
      default:
        size += 1
        if size <= longest { line.append(byte) }
      }
    }
    return events
  }

  private mutating func endLine() -> Event? {
    var text = String(decoding: line, as: UTF8.self)
    line.removeAll(keepingCapacity: true)
    if isFirstLine, text.hasPrefix("\u{FEFF}") { text.removeFirst() }
    isFirstLine = false
    guard text.isEmpty else {
      takeField(text)
      return nil
    }
    defer { (name, data, size) = ("", [], 0) }
    guard size <= longest else {
      dropped += 1
      return nil
    }
    guard !data.isEmpty else { return nil }
    return Event(name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
  }

  /// `name: value`; a line that begins with a colon is a comment, by which servers keep a connection open.
  private mutating func takeField(_ text: String) {
    let colon = text.firstIndex(of: ":") ?? text.endIndex
    var value = text[colon...].dropFirst()
    if value.first == " " { value.removeFirst() }
    switch text[..<colon] {
    case "event": name = String(value)
    case "data": data.append(String(value))
    default: break
    }
  }
}
