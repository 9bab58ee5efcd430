import Postgres
import Redis

/// What every service needs: where PostgreSQL and Redis are, whose competition it is, and how it reports.
public struct CommonSettings: Sendable {
  public var database: PostgresConfiguration
  public var databasePoolSize: Int
  public var redis: RedisConfiguration
  public var keyPrefix: String
  /// Entries of a stream beyond which producers wait.
  public var streamLength: Int
  let failPoints: [FailPoint: FailPoint.Rule]
  public var crunchID: String
  public var healthHost: String
  public var healthPort: Int
  public var logLevel: String
  public var logFormat: String

  public init(_ reader: inout SettingsReader) {
    database = Self.database(&reader)
    databasePoolSize = reader.value(
      .integer("DATABASE_POOL_SIZE", default: 6, in: 1...100, "Connections to PostgreSQL of one process, at most."))
    redis = Self.redis(&reader)
    keyPrefix = reader.value(
      .text(
        "REDIS_KEY_PREFIX", default: "", example: "{my-crunch}:",
        "In front of every key in Redis; braces keep the keys in one slot of a cluster."))
    streamLength = reader.value(
      .integer(
        "BUS_STREAM_LENGTH", default: 20_000, in: 100...10_000_000,
        "Entries of a stream that may wait for their readers before producers slow down."))
    failPoints = reader.value(.failPoints)
    crunchID = reader.value(
      .text("CRUNCH_ID", default: "starter-challenge", example: "my-crunch", "Id of the competition."))
    healthHost = reader.value(
      .text("HEALTH_HOST", default: "127.0.0.1", example: "0.0.0.0", "Where /healthz, /readyz and /metrics listen."))
    healthPort = reader.value(
      .integer("HEALTH_PORT", default: 0, in: 0...65_535, "Port of /healthz, /readyz and /metrics; 0: any free one."))
    logLevel = reader.value(
      .choice(
        "LOG_LEVEL", of: ["trace", "debug", "info", "notice", "warning", "error", "critical"], default: "info",
        "What is logged at least."))
    logFormat = reader.value(
      .choice(
        "LOG_FORMAT", of: ["auto", "json", "plain"], default: "auto",
        "JSON lines, or plain ones; auto: plain on a terminal."))
  }

  private static func database(_ reader: inout SettingsReader) -> PostgresConfiguration {
    let url = reader.value(
      .optionalText(
        "DATABASE_URL", example: "postgres://user:password@host:5432/database", isSecret: true,
        "PostgreSQL as one URL; goes before the POSTGRES_ variables."))
    let host = reader.value(.text("POSTGRES_HOST", default: "postgres", example: "127.0.0.1", "Host of PostgreSQL."))
    let port = reader.value(.integer("POSTGRES_PORT", default: 5432, in: 1...65_535, "Port of PostgreSQL."))
    let user = reader.value(.text("POSTGRES_USER", default: "starter", example: "coordinator", "User in PostgreSQL."))
    let password = reader.value(
      .optionalText(
        "POSTGRES_PASSWORD", example: "…", isSecret: true, "Password in PostgreSQL; without it: starter."))
    let name = reader.value(.text("POSTGRES_DB", default: "starter", example: "coordinator", "Name of the database."))
    let modes = PostgresConfiguration.tlsModes.joined(separator: ", ")
    let tlsMode = reader.value(
      .optionalText(
        "POSTGRES_SSLMODE", example: "verify-full",
        "TLS to PostgreSQL: \(modes). Without it the URL's sslmode, else prefer."))
    let tlsRoot = reader.value(
      .optionalText(
        "POSTGRES_SSLROOTCERT", example: "/etc/ssl/certs/ca-certificates.crt",
        "PEM file of the authorities of PostgreSQL's certificate. Without it the URL's sslrootcert."))
    let prepares = reader.value(
      .flag("DATABASE_PREPARED_STATEMENTS", default: true, "false behind a pooler that cannot keep them."))
    var configuration = PostgresConfiguration(
      host: host, port: port, user: user, password: password ?? "starter", database: name)
    if let url {
      if let parsed = PostgresConfiguration(url: url) {
        configuration = parsed
      } else {
        reader.refuse(
          "DATABASE_URL", value: SettingsReader.mask, expected: "a URL of PostgreSQL",
          example: "postgres://user:password@host:5432/database")
      }
    }
    configuration.usesPreparedStatements = prepares
    if let tlsMode {
      configuration.tlsMode = tlsMode
      if !PostgresConfiguration.tlsModes.contains(tlsMode) {
        reader.refuse("POSTGRES_SSLMODE", value: tlsMode, expected: "one of \(modes)", example: "verify-full")
      }
    }
    if let tlsRoot { configuration.tlsRootCertificate = tlsRoot }
    return configuration
  }

  private static func redis(_ reader: inout SettingsReader) -> RedisConfiguration {
    let url = reader.value(
      .optionalText(
        "REDIS_URL", example: "redis://user:password@host:6379/0", isSecret: true,
        "Redis as a URL, or several nodes of a cluster, host:port,host:port; without it: redis://redis:6379/0."))
    let fallback = RedisConfiguration(address: .host("redis", port: 6379))
    guard let url else { return fallback }
    if let parsed = RedisConfiguration(url: url) { return parsed }
    reader.refuse(
      "REDIS_URL", value: SettingsReader.mask, expected: "a URL of Redis without TLS",
      example: "redis://user:password@host:6379/0")
    return fallback
  }
}
