import HTTPTypes
import Hummingbird
import Mustache
import NIOCore

/// The templates of all pages, read once. Whatever is filled in is escaped, but for what other templates made.
struct PageTemplates: Sendable {
  enum Name: String, CaseIterable {
    case layout, chart, predictionTable
    case leaderboard, model, predictions, explain, feeds, feed, pipeline, checkpoints, checkpoint, deadLetters, login
    case error

    fileprivate var source: [UInt8] {
      switch self {
      case .layout: PackageResources.layout_mustache
      case .chart: PackageResources.chart_mustache
      case .predictionTable: PackageResources.predictionTable_mustache
      case .leaderboard: PackageResources.leaderboard_mustache
      case .model: PackageResources.model_mustache
      case .predictions: PackageResources.predictions_mustache
      case .explain: PackageResources.explain_mustache
      case .feeds: PackageResources.feeds_mustache
      case .feed: PackageResources.feed_mustache
      case .pipeline: PackageResources.pipeline_mustache
      case .checkpoints: PackageResources.checkpoints_mustache
      case .checkpoint: PackageResources.checkpoint_mustache
      case .deadLetters: PackageResources.deadLetters_mustache
      case .login: PackageResources.login_mustache
      case .error: PackageResources.error_mustache
      }
    }
  }

  static let contentType = "text/html; charset=utf-8"
  /// Scripts, style, pictures and events come from here alone; forms go here; nobody shows these pages in theirs.
  private static let policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
    "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
  ].joined(separator: "; ")

  private let library: MustacheLibrary

  init() {
    var templates: [String: MustacheTemplate] = [:]
    for name in Name.allCases {
      do {
        templates[name.rawValue] = try MustacheTemplate(string: String(decoding: name.source, as: UTF8.self))
      } catch {
        // Part of this build: a test reads each.
        assertionFailure("template \(name): \(error)")
      }
    }
    library = MustacheLibrary(templates: templates)
  }

  func render(_ name: Name, _ view: Any) -> String { library.render(view, withTemplate: name.rawValue) ?? "" }

  func page(_ frame: PageFrame, status: HTTPResponse.Status = .ok) -> Answer {
    var answer = Answer(.bytes(ByteBuffer(string: render(.layout, frame))), status: status)
    answer.contentType = Self.contentType
    answer.headers[.contentSecurityPolicy] = Self.policy
    // With no referrer at all a browser hides the origin of what a form sends, and forms of other sites send the same.
    if let referrer = HTTPField.Name("Referrer-Policy") { answer.headers[referrer] = "same-origin" }
    return answer
  }
}
