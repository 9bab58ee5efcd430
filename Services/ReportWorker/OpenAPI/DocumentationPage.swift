import Competition

/// The routes as a page that people read, without a script and without anything from elsewhere.
enum DocumentationPage {
  static func html(_ routes: [Route]) -> String {
    let tags = routes.map(OpenAPIDocument.tag)
    let order = tags.enumerated().filter { tags.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    let sections = order.map { tag in
      "<h2 id=\"\(escaped(tag))\">\(escaped(tag))</h2>\n"
        + routes.filter { OpenAPIDocument.tag($0) == tag }.map(section).joined()
    }
    let links = order.map { "<a href=\"#\(escaped($0))\">\(escaped($0))</a>" }.joined(separator: " ")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Report API</title>
      <style>\(style)</style>
      </head>
      <body>
      <h1>Report API</h1>
      <p>The same as an OpenAPI document: <a href="/openapi.json">/openapi.json</a>.</p>
      <nav aria-label="Resources">\(links)</nav>
      <main>
      \(sections.joined())</main>
      </body>
      </html>

      """
  }

  private static func section(_ route: Route) -> String {
    let operation = route.operation
    var html = "<section>\n<h3><code>\(route.method.rawValue) \(escaped(route.path))</code></h3>\n"
    html += "<p>\(escaped(operation.summary)) \(escaped(operation.details))</p>\n"
    if !operation.parameters.isEmpty {
      html += "<table>\n<thead><tr><th scope=\"col\">parameter</th><th scope=\"col\">default</th>"
      html += "<th scope=\"col\">meaning</th></tr></thead>\n<tbody>\n"
      for parameter in operation.parameters {
        html += "<tr><td><code>\(escaped(parameter.name))</code></td>"
        html += "<td>\(parameter.isRequired ? "required" : parameter.fallback.map { escaped($0.text) } ?? "")</td>"
        html += "<td>\(escaped(parameter.summary))</td></tr>\n"
      }
      html += "</tbody>\n</table>\n"
    }
    if let body = operation.body { html += "<p>Body: <code>\(escaped(body.example))</code></p>\n" }
    html += "<p>Answers \(operation.answer.status.code): \(escaped(operation.answer.summary))</p>\n"
    if !operation.errors.isEmpty {
      let errors = operation.errors.sorted { $0.key < $1.key }
      html += "<ul>\(errors.map { "<li>\($0.key): \(escaped($0.value))</li>" }.joined())</ul>\n"
    }
    return html + "</section>\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// What the page needs of a browser: its own style.
  static let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

  private static let style = """
    :root { color-scheme: light dark; }
    body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
    nav a { margin-right: 0.75rem; display: inline-block; }
    section { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: 0.5rem 0; }
    code { overflow-wrap: anywhere; }
    table { border-collapse: collapse; width: 100%; }
    th, td { text-align: left; vertical-align: top; padding: 0.15rem 0.75rem 0.15rem 0; }
    """
}
