import Bus
import Callables
import Competition

public struct FeedWorkerSettings: Sendable {
  public var feed: FeedSettings
  public var dataDirectory: String
  public var backfillConcurrency: Int
  public var backfillRequestsPerSecond: Double
  /// Longer candles that are made of the feed.
  public var derivedGranularities: [Granularity]
  /// How long after its end a candle of them waits for what is late, by the feed's own time.
  public var lateSeconds: Int
  /// How long a longer candle that is over waits for what may be missing of it.
  public var graceSeconds: Int

  public init(_ reader: inout SettingsReader) {
    feed = FeedSettings(&reader)
    dataDirectory = reader.value(.backfillDirectory)
    backfillConcurrency = reader.value(
      .integer("BACKFILL_CONCURRENCY", default: 4, in: 1...64, "Backfill jobs that one worker does at the same time."))
    backfillRequestsPerSecond = reader.value(
      .number(
        "BACKFILL_REQUESTS_PER_SECOND", default: 5, atLeast: 0.01,
        "How often a provider is asked for history, all jobs together."))
    let texts = reader.value(
      .list(
        "FEED_DERIVED_GRANULARITIES", default: [], example: "5m,1h",
        "Longer candles that the feed worker makes of its candles or ticks and stores beside them."))
    derivedGranularities = texts.compactMap { Granularity($0) }
    if derivedGranularities.count < texts.count {
      reader.refuse(
        "FEED_DERIVED_GRANULARITIES", value: texts.joined(separator: ","),
        expected: "positive numbers with s, m, h or d, separated by commas", example: "5m,1h")
    }
    lateSeconds = reader.value(
      .integer(
        "FEED_LATE_SECONDS", default: 5, in: 0...3_600,
        "How long after its end a longer candle waits for late ticks or missing candles, by the feed's own time."))
    graceSeconds = reader.graceSeconds()
  }
}

public struct PredictSettings: Sendable {
  public var feed: FeedSettings
  public var modelHost: String
  public var modelPort: Int
  public var modelTimeoutSeconds: Double
  public var baseClassname: String
  public var contract: CrunchContract
  public var python: PythonLimits
  /// How models are fed: as the contract says, else as their base class implies.
  public var updateMethod: String
  /// nil: a tenth of the horizon, at least 1 s.
  public var predictDeadlineSeconds: Double?

  public init(_ reader: inout SettingsReader) {
    feed = FeedSettings(&reader)
    modelHost = reader.value(
      .text(
        "MODEL_RUNNER_NODE_HOST", default: "model-orchestrator", example: "127.0.0.1", "Host of the model orchestrator."
      ))
    modelPort = reader.value(
      .integer("MODEL_RUNNER_NODE_PORT", default: 9091, in: 1...65_535, "Port of the model orchestrator."))
    modelTimeoutSeconds = reader.value(
      .number("MODEL_RUNNER_TIMEOUT_SECONDS", default: 60, atLeast: 0.01, "Longest that one call of a model may take."))
    baseClassname = reader.value(
      .text(
        "MODEL_BASE_CLASSNAME", default: "tracker.TrackerBase", example: "cruncher.ModelBaseClass",
        "Class that models derive from; its module decides between tick and feed_update."))
    contract = reader.contract()
    // An answer must be looked at before it is late.
    python = reader.python(timeoutSeconds: 10)
    updateMethod = contract.call.updateMethod ?? CrunchContract.ModelCall.updateMethod(forBaseClass: baseClassname)
    predictDeadlineSeconds = reader.value(
      .optionalNumber(
        "PREDICT_DEADLINE_SECONDS", atLeast: 0.01, example: "5",
        "Until when after dispatch an answer counts; without it a tenth of the horizon, at least 1 s."))
    for name in ["SECURE_CERT_DIR", "GATEWAY_CERT_DIR"] {
      if let value = reader.environment[name], !value.isEmpty {
        reader.refuse(
          name, value: value, expected: "no value: this build calls models without TLS", example: "")
      }
    }
  }
}

public struct ScoreSettings: Sendable {
  public var feed: FeedSettings
  public var contract: CrunchContract
  public var bucketSeconds: Int
  public var concurrency: Int
  public var batchSize: Int
  public var leaseSeconds: Int
  public var drainSeconds: Int
  public var scoreTimeoutSeconds: Double
  public var policy: WorkPolicy
  public var graceSeconds: Int
  public var maxWaitSeconds: Int
  public var scoring: ScoringSource

  public init(_ reader: inout SettingsReader) {
    feed = FeedSettings(&reader)
    contract = reader.contract()
    bucketSeconds = reader.value(.scoreInterval)
    concurrency = reader.value(
      .integer(
        "SCORE_CONCURRENCY", default: 4, in: 1...64,
        "Batches that one worker handles at the same time, and inputs of a batch that it scores at the same time."))
    batchSize = reader.value(
      .integer("SCORE_BATCH_SIZE", default: 1_000, in: 1...10_000, "Predictions in a batch, about."))
    leaseSeconds = reader.value(
      .integer(
        "BUS_LEASE_SECONDS", default: 30, in: 1...3_600, "How long work belongs to a worker that does not renew it."))
    policy = WorkPolicy(
      maxDeliveries: reader.value(
        .integer(
          "BUS_MAX_DELIVERIES", default: 8, in: 2...1_000,
          "How often work is handed out before it is given up and becomes a dead letter.")))
    scoreTimeoutSeconds = reader.value(
      .number(
        "SCORE_TIMEOUT_SECONDS", default: 30, atLeast: 0.01,
        "Longest that the scoring function may take for the predictions of one input."))
    drainSeconds = reader.value(
      .integer(
        "DRAIN_SECONDS", default: 10, in: 0...50,
        "How long a worker that is asked to end may finish what it has; then it hands it on."))
    graceSeconds = reader.graceSeconds()
    maxWaitSeconds = reader.value(
      .integer(
        "GROUND_TRUTH_MAX_WAIT_SECONDS", default: 86_400, in: 1...2_592_000,
        "How long a prediction waits for its truth before it fails."))
    scoring = reader.scoring(of: contract, timeoutSeconds: scoreTimeoutSeconds)
  }
}

public struct CheckpointSettings: Sendable {
  public var contract: CrunchContract
  public var intervalSeconds: Int
  public var wallets: Wallets
  public var python: PythonLimits

  public init(_ reader: inout SettingsReader) {
    contract = reader.contract()
    intervalSeconds = reader.value(
      .integer("CHECKPOINT_INTERVAL_SECONDS", default: 604_800, in: 1...31_536_000, "Length of a checkpoint's period."))
    python = reader.python(timeoutSeconds: 60)
    let own = contract.wallets
    wallets = Wallets(
      crunch: reader.value(.crunchPubkey) ?? own.crunch,
      compute: reader.value(
        .optionalText(
          "COMPUTE_PROVIDER_PUBKEY", example: "4tUv…",
          "Wallet of the compute provider; without it the contract's, else no reward.")) ?? own.compute,
      data: reader.value(
        .optionalText(
          "DATA_PROVIDER_PUBKEY", example: "7mNp…",
          "Wallet of the data provider; without it the contract's, else no reward.")) ?? own.data)
  }
}

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
        "API_RATE_LIMIT", default: 50, atLeast: 0,
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

public struct OrchestratorSettings: Sendable {
  public var host: String
  public var port: Int
  /// Host under which models are announced.
  public var advertisedHost: String
  public var crunchID: String
  public var modelsDirectory: String
  public var python: String

  public init(_ reader: inout SettingsReader) {
    host = reader.value(
      .text("MODEL_RUNNER_NODE_HOST", default: "127.0.0.1", example: "0.0.0.0", "Where the orchestrator listens."))
    port = reader.value(
      .integer("MODEL_RUNNER_NODE_PORT", default: 9091, in: 0...65_535, "Port of the orchestrator; 0: any free one."))
    advertisedHost = reader.value(
      .text(
        "MODEL_ADVERTISED_HOST", default: "127.0.0.1", example: "model-orchestrator",
        "Host under which models are announced, as predict workers reach it; with another than a loopback one models listen "
          + "on all interfaces."))
    crunchID = reader.value(
      .text("CRUNCH_ID", default: "starter-challenge", example: "my-crunch", "Id of the competition."))
    modelsDirectory = reader.value(
      .text("MODELS_DIR", default: "models", example: "Tests/Examples/models", "Folder with a folder for each model."))
    python = reader.value(
      .text(
        "MODEL_PYTHON", default: "python3", example: ".run/venv/bin/python",
        "Python with crunch-model-runner installed."))
  }
}

/// What `coordinator db init` reads.
public struct SeedSettings: Sendable {
  public var contract: CrunchContract
  public var path: String?
  public var feed: FeedSettings

  public init(_ reader: inout SettingsReader) {
    contract = reader.contract()
    path = reader.value(
      .optionalText(
        "SCHEDULED_PREDICTION_CONFIGS_PATH", example: "configs.json",
        "JSON list of prediction configs; without it the contract's schedules, else one config on BTC every minute."))
    feed = FeedSettings(&reader)
  }
}

extension Setting where Value == Int {
  static let scoreInterval = integer(
    "SCORE_INTERVAL_SECONDS", default: 60, in: 1...86_400, "Length of the buckets of time that snapshots aggregate.")
}

extension Setting where Value == String {
  fileprivate static let backfillDirectory = text(
    "BACKFILL_DATA_DIR", default: "data/backfill", example: "/var/lib/coordinator/backfill",
    "Folder with Parquet files of histories, which feed-data-worker writes and report-worker serves.")
}

extension Setting where Value == String? {
  fileprivate static let crunchPubkey = optionalText(
    "CRUNCH_PUBKEY", example: "9xQe…", "The competition's key on the chain; without it the contract's.")
}

extension SettingsReader {
  fileprivate mutating func graceSeconds() -> Int {
    value(
      .integer(
        "GROUND_TRUTH_GRACE_SECONDS", default: 300, in: 0...86_400,
        "How long a gap in the feed may be repaired before an older record stands in."))
  }
}
