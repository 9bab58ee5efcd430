/// A sum that keeps the digits a plain loop loses (Neumaier's algorithm), as Python's `sum()` does since 3.12.
public struct CompensatedSum: Sendable {
  private var total = 0.0
  private var lost = 0.0

  public init() {}

  public mutating func add(_ value: Double) {
    let next = total + value
    lost += total.magnitude >= value.magnitude ? (total - next) + value : (value - next) + total
    total = next
  }

  public var value: Double { lost.isFinite ? total + lost : total }
}

extension Sequence<Double> {
  /// The compensated sum of all elements.
  public var compensatedSum: Double {
    var sum = CompensatedSum()
    for value in self { sum.add(value) }
    return sum.value
  }
}

extension JSON {
  /// The value as Python's `float()` reads it: numbers, booleans as 1 and 0, and texts that spell a number, blanks around
  /// them allowed. nil for everything else.
  public var floatValue: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    case .bool(let value): value ? 1 : 0
    case .string(let text): Self.float(text)
    default: nil
    }
  }

  private static func float(_ text: String) -> Double? {
    var digits = Substring(text)
    while let first = digits.first, first.isWhitespace { digits.removeFirst() }
    while let last = digits.last, last.isWhitespace { digits.removeLast() }
    let lower = digits.lowercased()
    switch lower.drop(while: { $0 == "+" || $0 == "-" }) {
    case "nan": return .nan
    case "inf", "infinity": return lower.hasPrefix("-") ? -.infinity : .infinity
    default: break
    }
    guard !lower.contains("x"), !lower.contains("p"), !lower.contains("n") else { return nil }
    // Python allows single underscores between digits.
    guard lower.contains("_") else { return Double(lower.hasPrefix("+") ? String(lower.dropFirst()) : lower) }
    let parts = lower.split(separator: "_", omittingEmptySubsequences: false)
    guard zip(parts, parts.dropFirst()).allSatisfy({ $0.last?.isNumber == true && $1.first?.isNumber == true })
    else { return nil }
    return Double(parts.joined())
  }

  /// Python's truth of a value: zero, empty and null are false.
  var isTruthy: Bool {
    switch self {
    case .null: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .double(let value): value != 0
    case .string(let value): !value.isEmpty
    case .array(let value): !value.isEmpty
    case .object(let value): !value.isEmpty
    }
  }
}
