/// A contract asks for a metric that nobody computes.
public struct UnknownMetric: Error, Sendable, Hashable, CustomStringConvertible {
  public var name: String
  /// The name that may be meant.
  public var nearest: String?
  public var known: [String]

  public init(name: String, nearest: String? = nil, known: [String]) {
    self.name = name
    self.nearest = nearest
    self.known = known
  }

  public var description: String {
    "metric \"\(name)\" is not known"
      + (nearest.map { "; did you mean \($0)?" } ?? "; known are " + known.joined(separator: ", "))
  }
}
