import Competition

extension [Snapshot] {
  /// These snapshots as they were before they were sealed: without the digest that a seal puts into their meta.
  public var withoutMeta: [Snapshot] {
    map { snapshot in
      var plain = snapshot
      plain.meta = [:]
      return plain
    }
  }
}
