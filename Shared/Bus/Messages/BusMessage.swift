import Competition

/// The fields of an entry in their order, flat texts that a person can read.
public typealias BusFields = [(name: String, value: String)]

/// Something that travels on a stream.
public protocol BusMessage: Sendable, Hashable {
  static var stream: BusStream { get }
  /// The field `kind` of the entry.
  static var kind: String { get }
  /// The fields behind `v` and `kind`.
  var fields: BusFields { get }
  init(_ fields: FieldReader) throws(BusDecodingError)
}

extension BusMessage {
  /// All fields as they are published.
  public var entry: BusFields { [("v", String(BusVersion.current)), ("kind", Self.kind)] + fields }
}

/// The version of the entries' layout.
public enum BusVersion {
  public static let current = 1
}

/// Why an entry cannot be read.
public enum BusDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Of a newer version, or of a kind that is not known here: a newer worker will know.
  case unknown(String)
  /// Damaged: no version will read it.
  case corrupt(String)

  public var description: String {
    switch self {
    case .unknown(let what), .corrupt(let what): what
    }
  }
}

/// The fields of an entry by name.
public struct FieldReader: Sendable {
  private let values: [String: String]

  public init(_ fields: BusFields) {
    values = Dictionary(fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// Reads a message, after a look at version and kind.
  public func message<Message: BusMessage>(_ type: Message.Type) throws(BusDecodingError) -> Message {
    let version = try integer("v")
    guard version <= BusVersion.current else {
      throw .unknown("version \(version) is newer than \(BusVersion.current)")
    }
    let kind = try text("kind")
    guard kind == Message.kind else { throw .unknown("kind \(kind) is not \(Message.kind)") }
    return try Message(self)
  }

  public func text(_ name: String) throws(BusDecodingError) -> String {
    guard let value = values[name] else { throw .corrupt("field \(name) is missing") }
    return value
  }

  public func textIfPresent(_ name: String) -> String? { values[name] }

  public func integer(_ name: String) throws(BusDecodingError) -> Int {
    let value = try text(name)
    guard let number = Int(value) else { throw .corrupt("field \(name) is no whole number") }
    return number
  }

  public func time(_ name: String) throws(BusDecodingError) -> Timestamp {
    let value = try text(name)
    guard let time = Timestamp(iso8601: value) else { throw .corrupt("field \(name) is no ISO 8601 time") }
    return time
  }

  public func object(_ name: String) throws(BusDecodingError) -> JSONObject {
    let value = try text(name)
    do {
      if let object = try JSON(parsing: value).object { return object }
    } catch {
      throw .corrupt("field \(name) is no JSON: \(error)")
    }
    throw .corrupt("field \(name) is no JSON object")
  }
}
