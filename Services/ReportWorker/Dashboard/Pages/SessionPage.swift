import Competition
import Hummingbird

// How a person gives a key in a browser: /login, /logout.

extension Dashboard {
  var sessionPages: [Route] {
    var entry = page("/login", guardedAs: "/login", "Takes a key.") { request in
      loginPage(next: request.text("next"), problem: nil)
    }
    var login = form("/login", guardedAs: "/login", "Takes a key.", logIn)
    var logout = form("/logout", guardedAs: "/logout", "Ends a session.") { request, _ in
      if let session = request.visitor.session { sessions.end(session) }
      var answer = Answer.seeOther("/")
      answer.headers[.setCookie] = Sessions.farewell
      return answer
    }
    entry.isForAll = true
    login.isForAll = true
    logout.isForAll = true
    return [entry, login, logout]
  }

  private func loginPage(next: String?, problem: String?) -> Content {
    let view = LoginView(hasKeys: !access.keys.isEmpty, next: Self.ownPath(next), problem: problem)
    return Content(title: "Log in", section: nil, template: .login, view: view)
  }

  private func logIn(_ request: APIRequest, _ items: [QueryItem]) async throws -> Answer {
    let next = items.last { $0.name == "next" }?.value
    try loginAttempts.admit(.address(request.visitor.address))
    let secret = items.last { $0.name == "key" }.map(\.value.trimmed) ?? ""
    guard let holder = access.keys.holder(of: secret, at: request.time) else {
      var answer = answer(
        loginPage(next: next, problem: "Nobody has this key, or it has run out."), to: request)
      answer.status = .unauthorized
      return answer
    }
    api.logger.notice("logged in", metadata: ["actor": "\(holder.name)"])
    var answer = Answer.seeOther(Self.ownPath(next))
    answer.headers[.setCookie] = Sessions.header(
      sessions.begin(holder.name, at: request.time), isSecure: request.visitor.isSecure)
    return answer
  }

  /// A page of this server and no other, whatever was sent.
  static func ownPath(_ path: String?) -> String {
    guard let path, path.hasPrefix("/"), !path.hasPrefix("//"), !path.contains("\\"),
      path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return "/" }
    return path
  }
}

private struct LoginView {
  var hasKeys: Bool
  var next: String
  var problem: String?
}
