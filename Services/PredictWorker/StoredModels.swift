import Competition

/// Models as this worker stored them a moment ago: a slot's way is not held up by what has not changed.
struct StoredModels: Sendable {
  private var known: [String: Model] = [:]

  /// Those that are new, or say something else of themselves; when a model was first seen is not part of it.
  func news(in models: [Model]) -> [Model] {
    models.filter { model in
      guard var last = known[model.id] else { return true }
      last.createdAt = model.createdAt
      return last != model
    }
  }

  /// They are in PostgreSQL now.
  mutating func note(_ models: [Model]) {
    for model in models { known[model.id] = model }
  }

  /// Somebody else may have changed or removed them: all are news again.
  mutating func forget() { known = [:] }
}
