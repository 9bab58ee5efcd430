import Competition
import Diagnosis
import Store

/// The pages for people: what the API answers, as HTML that needs no script, behind the same tiers and keys.
struct Dashboard: Sendable {
  let api: ReportAPI
  let access: AccessPolicy
  let sessions: Sessions
  /// Tells the story of an id.
  let inquire: @Sendable (String) async -> (told: [Story], problems: [String])
  let templates = PageTemplates()
  let assets = DashboardAssets()
  /// Few may try keys: more than a person types, and far fewer than a program.
  let loginAttempts = RateLimits(requestsPerSecond: 1)

  var store: ReportStore { api.store }

  func routes() -> RouteTable {
    RouteTable(
      leaderboardPages + modelPages + feedPages + pipelinePages + predictionPages + checkpointPages + deadLetterPages
        + sessionPages + assetRoutes)
  }

  /// What is in the navigation.
  enum Section: String, CaseIterable {
    case leaderboard, pipeline, predictions, feeds, checkpoints
    case deadLetters = "dead letters"

    var path: String {
      switch self {
      case .leaderboard: "/"
      case .deadLetters: "/dead-letters"
      default: "/\(rawValue)"
      }
    }

    var name: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
  }

  /// A page's part between head and foot.
  struct Content {
    var title: String
    var section: Section?
    var template: PageTemplates.Name
    var view: Any
    var hasChart = false
    /// Whether the script listens to what happens.
    var isLive = false
    /// When a browser without a script asks again.
    var refreshSeconds: Int?
  }

  /// A page that shows what the route `guardedAs` answers.
  func page(
    _ path: String, guardedAs: String, _ summary: String,
    _ content: @escaping @Sendable (APIRequest) async throws -> Content
  ) -> Route {
    let shape = Operation.AnswerShape(contentType: PageTemplates.contentType, summary: "A page for people.")
    var route = Route(.get, path, Operation(summary: summary, answer: shape)) { request in
      answer(try await content(request), to: request)
    }
    route.guardedAs = guardedAs
    return route
  }

  /// What a form sends: answered with a page that says what became of it, or with the way to one.
  func form(
    _ path: String, guardedAs: String, _ summary: String,
    _ handler: @escaping @Sendable (APIRequest, [QueryItem]) async throws -> Answer
  ) -> Route {
    let shape = Operation.AnswerShape(
      status: .seeOther, contentType: PageTemplates.contentType, summary: "The way to the page.")
    var route = Route(.post, path, Operation(summary: summary, answer: shape, freshness: .momentary)) { request in
      try await handler(request, QueryItem.parse(Substring(String(decoding: request.body, as: UTF8.self))))
    }
    route.guardedAs = guardedAs
    return route
  }

  func answer(_ content: Content, to request: APIRequest) -> Answer {
    let identity = api.configuration.identity
    let visitor = request.visitor
    let frame = PageFrame(
      title: content.title, crunch: identity.crunchID, network: identity.network, assets: assets.folder,
      pages: Section.allCases.map {
        PageFrame.Link(path: $0.path, name: $0.name, isCurrent: $0 == content.section)
      },
      hasChart: content.hasChart, isLive: content.isLive, now: Shown.time(request.time),
      refreshSeconds: content.refreshSeconds, isLoggedIn: visitor.session != nil && visitor.hasKey,
      mayLogIn: visitor.canLogIn && !visitor.hasKey, visitor: visitor.name,
      main: templates.render(content.template, content.view))
    return templates.page(frame)
  }
}
