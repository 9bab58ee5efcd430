import Competition

public struct ReportSettings: Sendable {
  public var contract: CrunchContract
  public var host: String
  public var port: Int
  public var crunchPubkey: String
  public var network: String
  public var apiKey: String?
  public var readsNeedKey: Bool
  public var publicPrefixes: [String]
  public var adminPrefixes: [String]
  /// Sites whose pages may read the report API.
  public var origins: [String]
  /// A file with more keys.
  public var keysFile: String?
  /// Of one key or address; 0: any number.
  public var requestsPerSecond: Double
  /// Proxies that say truly for whom they ask, by address or block of addresses.
  public var trustedProxies: [String]
  public var dataDirectory: String
  public var showsTiming: Bool
  /// How long an answer waits for what a worker is asked to do.
  public var commandWaitSeconds: Double

  public init(_ reader: inout SettingsReader) {
    contract = reader.contract()
    host = reader.value(.text("REPORT_HOST", default: "127.0.0.1", example: "0.0.0.0", "Where the report API listens."))
    port = reader.value(
      .integer("REPORT_PORT", default: 8000, in: 0...65_535, "Port of the report API; 0: any free one."))
    crunchPubkey = reader.value(.crunchPubkey) ?? contract.wallets.crunch
    network = reader.value(.text("NETWORK", default: "devnet", example: "mainnet", "The chain that /info names."))
    apiKey = reader.value(
      .optionalText(
        "API_KEY", example: "…", isSecret: true, "Key of the report API; without it changes come from loopback only."))
    readsNeedKey = reader.value(.flag("API_READ_AUTH", default: false, "Whether reading needs the key as well."))
    publicPrefixes = reader.value(
      .list(
        "API_PUBLIC_PREFIXES", default: Self.publicDefaults, example: "/healthz,/info", "Paths that are always open."))
    adminPrefixes = reader.value(
      .list(
        "API_ADMIN_PREFIXES", default: Self.adminDefaults, example: "/reports/backfill",
        "Paths that always need the key."))
    origins = reader.value(
      .list(
        "API_CORS_ORIGINS", default: ["*"], example: "https://dashboard.example",
        "Sites whose pages may read the report API; * for all."))
    keysFile = reader.value(
      .optionalText(
        "API_KEYS_FILE", example: "/run/secrets/report-keys",
        "File with more keys, one a line: name, secret or sha256:digest, read or admin, expiry or never."))
    requestsPerSecond = reader.value(
      .number(
        "API_RATE_LIMIT", default: 50, atLeast: 0, atMost: 1_000_000,
        "Requests a second of one key or address, ten seconds' worth at once; 0: any number."))
    trustedProxies = reader.value(
      .list(
        "API_TRUSTED_PROXIES", default: [], example: "10.0.0.7,172.18.0.0/16",
        "Proxies whose X-Forwarded-For names the address that API_RATE_LIMIT counts, by address or block."))
    dataDirectory = reader.value(.backfillDirectory)
    showsTiming = reader.value(
      .flag("TIMING_METRICS_ENABLED", default: true, "Whether /timing-metrics answers."))
    commandWaitSeconds = reader.value(
      .number(
        "COMMAND_WAIT_SECONDS", default: 10, atLeast: 0,
        "How long an answer waits for what a worker is asked to do; after that it is 202, and says by which id to ask.")
    )
  }

  static let publicDefaults = [
    "/healthz", "/reports/schema", "/reports/leaderboard", "/reports/models", "/reports/feeds", "/reports/diversity",
    "/reports/ensemble", "/reports/checkpoints/rewards", "/info", "/docs", "/redoc", "/openapi.json",
  ]
  static let adminDefaults = ["/reports/backfill", "/reports/checkpoints/", "/custom"]
}
