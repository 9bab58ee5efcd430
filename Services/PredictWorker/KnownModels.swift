import Store

/// Models that are known: those that are not there when something is asked get an ABSENT record. Which there were before this
/// process started the database says, so that a model does not drop out of the records because the worker was restarted.
struct KnownModels {
  private var ids: Set<String> = []
  /// Those of before, until they count.
  private var earlier: Set<String>?

  /// How long a model without any record counts as known.
  private static let days = 7

  /// Whether a model was seen since the start.
  var isEmpty: Bool { ids.isEmpty }

  /// Whether it is known who was there before.
  var isRecalled: Bool { earlier != nil }

  mutating func recall(_ earlier: Set<String>) { self.earlier = earlier }

  /// Those that the database has records of.
  static func earlier(in store: Store) async throws -> Set<String> {
    let now = try await store.now()
    return Set(try await store.models.known(since: now.adding(seconds: -86_400 * days)))
  }

  /// Notes who is there.
  /// - Returns: whether somebody is new.
  @discardableResult
  mutating func note(_ connected: [String]) -> Bool {
    guard !ids.isSuperset(of: connected) else { return false }
    ids.formUnion(connected)
    return true
  }

  /// Those that are known and not there.
  /// - Parameter hadTime: whether models of before had time to come back.
  func absent(without connected: [String], hadTime: Bool) -> [String] {
    ids.union(hadTime ? earlier ?? [] : []).subtracting(connected).sorted()
  }
}
