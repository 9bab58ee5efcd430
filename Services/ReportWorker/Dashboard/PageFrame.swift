import ServiceKit

/// What all pages have around what they show.
struct PageFrame {
  struct Link {
    var path: String
    var name: String
    var isCurrent: Bool
  }

  var title: String
  var crunch: String
  var network: String
  /// Where style and scripts are.
  var assets: String
  var pages: [Link]
  var hasChart: Bool
  var isLive: Bool
  var now: String
  var refreshSeconds: Int?
  var isLoggedIn: Bool
  var mayLogIn: Bool
  var visitor: String
  var version = BuildVersion.text
  /// HTML.
  var main: String
}

/// One of several ways to see a page.
struct Choice {
  var name: String
  var href: String
  var isCurrent: Bool
}
