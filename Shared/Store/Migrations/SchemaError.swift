/// Why a schema can't be migrated.
public struct SchemaError: Error, Sendable, Hashable, CustomStringConvertible {
  public var status: Migrator.Status
  public var description: String { status.description }
}
