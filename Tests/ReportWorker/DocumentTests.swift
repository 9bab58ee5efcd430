import Competition
import Logging
import Store
import Testing

@testable import ReportWorker

@Suite("The OpenAPI document", .timeLimit(.minutes(2)))
struct DocumentTests {
  static func table(_ store: ReportBench) -> RouteTable {
    ReportAPI(
      store: store.store.report, contract: .default,
      configuration: .init(
        access: AccessPolicy(keys: KeyRing(), readsNeedKey: false, publicPrefixes: [], adminPrefixes: []),
        feedSources: ["binance"]),
      hours: ScoreHours(store: store.store.report),
      feedCounts: FeedCounts(store: store.store.report),
      live: LiveDesk(startedAt: ReportBench.now, interval: .seconds(1)) { $0 ?? LiveLook() },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      now: { ReportBench.now }
    ).routes()
  }

  @Test("has every route with its parameters, and no other")
  func routes() async throws {
    try await ReportBench.with { bench in
      let document = try await bench.get("/openapi.json").json
      #expect(document["openapi"] == "3.1.0")
      let paths = try #require(document["paths"]?.object)
      let documented = paths.flatMap { path in path.value.object?.keys.map { "\($0) \(path.key)" } ?? [] }
      let routes = Self.table(bench).routes
      #expect(Set(documented) == Set(routes.map { "\($0.method.rawValue.lowercased()) \($0.path)" }))
      #expect(documented.count == routes.count)
      var identifiers: Set<String> = []
      for route in routes {
        let operation = try #require(paths[route.path]?[route.method.rawValue.lowercased()])
        let isNew = identifiers.insert(operation["operationId"]?.string ?? "").inserted
        #expect(isNew, "\(route.path)")
        let names = operation["parameters"]?.array?.filter { $0["in"] != "header" }.compactMap { $0["name"]?.string }
        #expect(names ?? [] == route.pathParameters + route.operation.parameters.map(\.name))
        #expect(operation["requestBody"] == nil || route.method != .get)
      }
    }
  }

  @Test("refers to nothing that is not there")
  func references() async throws {
    try await ReportBench.with { bench in
      let document = try await bench.get("/openapi.json").json
      let names = Set(document["components"]?["schemas"]?.object?.keys ?? [])
      func references(_ value: JSON) -> [String] {
        switch value {
        case .object(let object): object.flatMap { $0.key == "$ref" ? [$0.value.string ?? ""] : references($0.value) }
        case .array(let values): values.flatMap(references)
        default: []
        }
      }
      let used = Set(references(document).map { $0.replacing("#/components/schemas/", with: "") })
      #expect(!used.isEmpty && used.isSubset(of: names))
      #expect(names.subtracting(used).isEmpty, "declared and used nowhere")
    }
  }

  @Test("says what routes really answer, of rows of this node and of odd ones of other tools")
  func answers() async throws {
    try await ReportBench.with { bench in
      try await OddRows.fill(bench)
      var compared = 0
      for route in Self.table(bench).routes where route.method == .get {
        guard let schema = route.operation.answer.schema else { continue }
        for path in OddRows.paths(route) {
          let reply = try await bench.get(path)
          let shape = reply.status == 200 ? schema : Schema.named("Problem")
          #expect(reply.status == 200 || route.operation.errors[reply.status] != nil, "\(path): \(reply.status)")
          #expect(shape.problems(reply.json) == [], "\(path)")
          compared += reply.status == 200 ? 1 : 0
        }
      }
      #expect(compared > 30)
    }
  }

  @Test("is a page as well, which needs nothing from elsewhere")
  func page() async throws {
    try await ReportBench.with { bench in
      for path in ["/docs", "/redoc"] {
        let reply = try await bench.get(path)
        #expect(reply.status == 200 && reply.headers["content-type"] == "text/html; charset=utf-8")
        #expect(reply.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
        for route in Self.table(bench).routes { #expect(reply.text.contains(route.path), "\(route.path)") }
        #expect(!reply.text.contains("http://") && !reply.text.contains("https://") && !reply.text.contains("<script"))
      }
    }
  }
}
