import Crypto
import Hummingbird
import NIOCore

/// Style and scripts, served by this process: pages need nothing from elsewhere. Their folder is named after what is in it,
/// so that browsers keep them for good and a new build has new ones.
struct DashboardAssets: Sendable {
  struct Asset: Sendable {
    var name: String
    var contentType: String
    var body: PreparedBody
  }

  let all: [Asset]
  let folder: String

  init() {
    let files: [(String, String, [UInt8])] = [
      ("dashboard.css", "text/css; charset=utf-8", PackageResources.dashboard_css),
      ("dashboard.js", "text/javascript; charset=utf-8", PackageResources.dashboard_js),
      ("uplot.css", "text/css; charset=utf-8", PackageResources.uplot_css),
      ("uplot.js", "text/javascript; charset=utf-8", PackageResources.uplot_js),
      ("icon.svg", "image/svg+xml", PackageResources.icon_svg),
      ("NOTICE.txt", "text/plain; charset=utf-8", PackageResources.NOTICE_txt),
    ]
    all = files.map { Asset(name: $0, contentType: $1, body: PreparedBody(ByteBuffer(bytes: $2))) }
    var digest = SHA256()
    for (_, _, bytes) in files { digest.update(data: bytes) }
    folder = "/assets/" + digest.finalize().prefix(6).map { String($0, radix: 16) }.joined()
  }

  fileprivate static let year = 31_536_000
}

extension Dashboard {
  var assetRoutes: [Route] {
    assets.all.map { asset in
      let shape = Operation.AnswerShape(contentType: asset.contentType, summary: "What pages are made of.")
      let operation = Operation(
        summary: asset.name, answer: shape, freshness: .fixed(seconds: DashboardAssets.year))
      var route = Route(.get, "\(assets.folder)/\(asset.name)", operation) { _ in
        var answer = Answer(.prepared(asset.body))
        answer.contentType = asset.contentType
        return answer
      }
      route.isForAll = true
      return route
    }
  }
}
