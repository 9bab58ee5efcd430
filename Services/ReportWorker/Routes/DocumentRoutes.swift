import Competition
import Hummingbird
import NIOCore

// What documents the others: /openapi.json, /docs, /redoc.

extension ReportAPI {
  func documentRoutes(_ others: [Route]) -> [Route] {
    let page = Operation.AnswerShape(contentType: "text/html; charset=utf-8", summary: "A page for people.")
    let own = ["/openapi.json", "/docs", "/redoc"].map { path in
      Route.get(
        path, path == "/openapi.json" ? "This API as an OpenAPI 3.1 document." : "This API as a page.",
        answers: path == "/openapi.json" ? .json(Schema.object, "The document.") : page,
        freshness: .fixed(seconds: 300)
      ) { _ in .emptyList }
    }
    let document = PreparedBody(ByteBuffer(string: OpenAPIDocument.document(others + own).text))
    let html = PreparedBody(ByteBuffer(string: DocumentationPage.html(others + own)))
    return own.map { route in
      Route(route.method, route.path, route.operation) { _ in
        guard route.path != "/openapi.json" else { return Answer(.prepared(document)) }
        var answer = Answer(.prepared(html))
        answer.contentType = "text/html; charset=utf-8"
        answer.headers[.contentSecurityPolicy] = DocumentationPage.policy
        return answer
      }
    }
  }
}
