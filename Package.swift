// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]

/// A library of `Shared/`. Arrows point down only: see README, "How it fits together".
func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Shared/\(name)", exclude: exclude, resources: resources,
    swiftSettings: strict)
}

/// A process of `Services/`: its folder is named like the module, its executable like the service.
func service(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .executableTarget(
    name: name, dependencies: ["ServiceKit"] + dependencies, path: "Services/\(name)", resources: resources,
    swiftSettings: strict)
}

/// A process of `Services/` that programs of competitions run as well: a library, and the executable over its `main.swift`.
func worker(
  _ name: String, _ executable: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
  resources: [Resource] = []
) -> [Target] {
  [
    .target(
      name: name, dependencies: ["ServiceKit"] + dependencies, path: "Services/\(name)", exclude: ["main.swift"],
      resources: resources, swiftSettings: strict),
    .executableTarget(
      name: executable, dependencies: [.target(name: name)], path: "Services/\(name)", exclude: exclude,
      sources: ["main.swift"], swiftSettings: strict),
  ]
}

/// The tests of a module, in a folder of the module's name.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: ["TestKit"] + dependencies, path: "Tests/\(name)", exclude: exclude,
    swiftSettings: strict)
}

extension Target.Dependency {
  static let logging = product(name: "Logging", package: "swift-log")
  static let metrics = product(name: "Metrics", package: "swift-metrics")
  static let crypto = product(name: "Crypto", package: "swift-crypto")
  static let lifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
  static let lifecycleTestKit = product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle")
  static let signals = product(name: "UnixSignals", package: "swift-service-lifecycle")
  static let coreMetrics = product(name: "CoreMetrics", package: "swift-metrics")
  static let configuration = product(name: "Configuration", package: "swift-configuration")
  static let arguments = product(name: "ArgumentParser", package: "swift-argument-parser")
  static let yams = product(name: "Yams", package: "Yams")
  static let csv = product(name: "SwiftCSV", package: "SwiftCSV")
  static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
  static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
  static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
  static let mustache = product(name: "Mustache", package: "swift-mustache")
  static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
  static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
  static let nioWebSocket = product(name: "NIOWebSocket", package: "swift-nio")
  static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
  static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
  static let nioHTTPTypes = product(name: "NIOHTTPTypes", package: "swift-nio-extras")
  static let grpc = product(name: "GRPCCore", package: "grpc-swift-2")
  static let grpcTransport = product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
  static let grpcProtobuf = product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
  static let protobuf = product(name: "SwiftProtobuf", package: "swift-protobuf")
}

let workers: [[Target]] = [
  worker("PredictWorker", "predict-worker", ["Callables", "Models"]),
  worker("ScoreWorker", "score-worker", ["Callables"]),
  worker("CheckpointWorker", "checkpoint-worker", ["Callables"]),
  worker(
    "ReportWorker", "report-worker",
    [
      "Diagnosis", "Feeds", "Parquet", "Zlib", .crypto, .hummingbird, .hummingbirdCore, .logging, .mustache,
      .nioHTTPTypes, .nioPosix,
    ], exclude: ["Dashboard"], resources: [.embedInCode("Dashboard/Templates"), .embedInCode("Dashboard/Assets")]),
]

let package = Package(
  name: "coordinator-node",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "feed-data-worker", targets: ["FeedDataWorker"]),
    .executable(name: "predict-worker", targets: ["predict-worker"]),
    .executable(name: "score-worker", targets: ["score-worker"]),
    .executable(name: "checkpoint-worker", targets: ["checkpoint-worker"]),
    .executable(name: "report-worker", targets: ["report-worker"]),
    .executable(name: "model-orchestrator", targets: ["ModelOrchestrator"]),
    .executable(name: "coordinator", targets: ["Coordinator"]),
    // For a competition whose contract is a value in Swift.
    .library(name: "CoordinatorNode", targets: ["CoordinatorNode", "Competition"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CHiredis", path: "Shared/CHiredis", pkgConfig: "hiredis",
      providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
    .systemLibrary(
      name: "CPostgres", path: "Shared/CPostgres", pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .systemLibrary(
      name: "CCurl", path: "Shared/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
    .systemLibrary(
      name: "CZlib", path: "Shared/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CScoring", path: "Shared/CScoring"),

    library("ThreadExecutor"),
    library("Zlib", ["CZlib"]),
    library("ChildProcesses", [.subprocess]),
    library("Competition", [.crypto, .yams]),
    library(
      "Callables", ["CScoring", "Competition", .subprocess, .logging],
      resources: [.embedInCode("Python/callable_host.py")]),
    library("Parquet", ["Competition", "Zlib"]),
    library("Redis", ["CHiredis", "ThreadExecutor"]),
    library("Postgres", ["CPostgres", "ThreadExecutor"]),
    library("HTTPFetch", ["CCurl", "ThreadExecutor"]),
    library("Bus", ["Redis", "Competition", .crypto]),
    library("Store", ["Postgres", "Competition", .crypto]),
    library("WebSockets", [.nioPosix, .nioWebSocket, .nioHTTP1, .nioSSL]),
    library(
      "Feeds",
      ["ChildProcesses", "HTTPFetch", "Parquet", "WebSockets", "Zlib", "Competition", .csv, .nioWebSocket, .nioSSL]),
    library(
      "Models",
      [
        "Competition", "WebSockets", .logging, .grpc, .grpcTransport, .grpcProtobuf, .protobuf,
      ], exclude: ["Proto"]),
    library(
      "ServiceKit",
      [
        "Callables", "Competition", "Redis", "Postgres", "Store", "Bus", .logging, .metrics, .coreMetrics, .lifecycle,
        .signals,
        .configuration, .hummingbird, .nioPosix,
      ]),
    library("Diagnosis", ["Bus", "Competition", "ServiceKit", "Store"]),

    service("FeedDataWorker", ["Feeds", .nioPosix]),
    .target(
      name: "CoordinatorNode",
      dependencies: ["CheckpointWorker", "Competition", "PredictWorker", "ReportWorker", "ScoreWorker", "ServiceKit"],
      path: "Services/CoordinatorNode", swiftSettings: strict),
    service("ModelOrchestrator", ["ChildProcesses", "Models", .nioPosix, .nioWebSocket, .nioHTTP1]),
    service(
      "Coordinator",
      ["Callables", "ChildProcesses", "Diagnosis", "Feeds", "HTTPFetch", "Models", .arguments, .signals, .logging],
      resources: [
        .embedInCode("Workspace/Templates"), .embedInCode("Import/Python"), .embedInCode("Database/roles.sql"),
      ]),

    .target(
      name: "TestKit",
      dependencies: [
        "ChildProcesses", "Competition", "HTTPFetch", "Redis", "Postgres", "Store", "Bus", .nioPosix, .nioWebSocket,
        .nioHTTP1, .nioSSL,
      ],
      path: "Tests/TestKit", exclude: ["clock-shift.c"], swiftSettings: strict),
    // Built here, where a build of its own would make all that it depends on once more.
    .executableTarget(
      name: "my-crunch", dependencies: ["Competition", "CoordinatorNode"], path: "Tests/Examples/package/Sources",
      swiftSettings: strict),
    .executableTarget(
      name: "CallableBench", dependencies: ["Callables", "Competition", .logging],
      path: "Tests/Benchmarks/CallableBench", swiftSettings: strict),
    .executableTarget(
      name: "FeedBench", dependencies: ["Competition", "Postgres", "Store"], path: "Tests/Benchmarks/FeedBench",
      swiftSettings: strict),
    .executableTarget(
      name: "BareClient", dependencies: [.grpc, .grpcTransport], path: "Tests/Benchmarks/BareClient",
      swiftSettings: strict),
    .target(name: "VectorKit", dependencies: ["Competition"], path: "Tests/VectorKit", swiftSettings: strict),

    tests("Competition", ["Competition"]),
    tests(
      "Callables", ["Callables", "Competition", .logging],
      exclude: ["operator_scoring.py", "operator_extensions.py", "operator_figures.py"]),
    tests("Conformance", ["Competition", "VectorKit"], exclude: ["API", "Vectors"]),
    tests("ChildProcesses", ["ChildProcesses"]),
    tests("Parquet", ["ChildProcesses", "Competition", "Parquet", "Zlib"]),
    tests("Redis", ["Redis"]),
    tests("Bus", ["Bus", "Redis", "Competition"]),
    tests("Postgres", ["Postgres"]),
    tests("Store", ["Store", "Postgres", "Competition"]),
    tests("HTTPFetch", ["HTTPFetch"]),
    .target(
      name: "ExampleFeeds", dependencies: ["Competition", "Feeds"], path: "Tests/Examples/feeds",
      exclude: ["walk.py"], swiftSettings: strict),
    tests("Feeds", ["ChildProcesses", "Feeds", "Competition", "Parquet", "VectorKit"]),
    tests(
      "ServiceKit",
      [
        "ServiceKit", "Callables", "ChildProcesses", "HTTPFetch", "Bus", "Store", "Postgres", "Redis", "Competition",
        .logging,
        .coreMetrics, .lifecycle,
      ]),
    tests(
      "PredictWorker",
      [
        "PredictWorker", "Callables", "Models", "ServiceKit", "Bus", "Redis", "Store", "Competition", .logging,
        .protobuf,
      ]),
    tests(
      "ScoreWorker",
      [
        "Callables", "ScoreWorker", "ServiceKit", "Bus", "Redis", "Store", "Postgres", "Competition", .lifecycle,
        .logging,
      ]),
    tests(
      "Simulation",
      [
        "Callables", "CheckpointWorker", "ScoreWorker", "ServiceKit", "Bus", "Redis", "Store", "Postgres",
        "Competition", .lifecycle, .lifecycleTestKit, .logging,
      ]),
    tests(
      "CheckpointWorker",
      [
        "Callables", "CheckpointWorker", "ServiceKit", "Store", "Postgres", "Competition", .logging, .lifecycle,
      ]),
    tests(
      "FeedDataWorker",
      [
        "ExampleFeeds", "FeedDataWorker", "Feeds", "Competition", "Parquet", "Store", "ServiceKit", "Bus", "VectorKit",
        .csv, .lifecycleTestKit,
      ]),
    tests(
      "ReportWorker",
      [
        "ReportWorker", "Bus", "Diagnosis", "Feeds", "Parquet", "Redis", "ServiceKit", "Store", "Postgres",
        "Competition", "HTTPFetch", "VectorKit", "Zlib", .hummingbird, .lifecycleTestKit, .logging, .nioEmbedded,
        .nioHTTPTypes,
      ]),
    tests("WebSockets", ["WebSockets", .nioPosix, .nioSSL]),
    tests(
      "Models",
      ["Models", "WebSockets", "ChildProcesses", "Competition", "HTTPFetch", .logging, .protobuf]),
    tests(
      "Coordinator",
      [
        "Callables", "Coordinator", "Diagnosis", "ScoreWorker", "ServiceKit", "ChildProcesses", "Bus", "Competition",
        "Feeds", "HTTPFetch",
        "Redis", "Store",
        "Postgres", .logging,
      ]),
    tests(
      "Faults", ["ChildProcesses", "HTTPFetch", "Postgres", "Redis", "Bus", "Store", "ServiceKit", "Competition"]),
    tests("EndToEnd", ["Bus", "ChildProcesses", "HTTPFetch", "Postgres", "Redis", "Store", "Competition"]),
  ]
)

package.targets += workers.flatMap(\.self)
