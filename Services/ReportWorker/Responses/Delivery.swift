import Hummingbird
import NIOCore
import Zlib

/// How an answer goes out: not at all when the client has it already, compressed when it takes that.
struct Delivery {
  let request: HTTPFields
  let freshness: Freshness
  /// Whether only some may see the answer, so that no cache between may keep it.
  let isPrivate: Bool

  /// Longer bodies are not marked: they are charts that differ each time.
  private static let markable = 262_144

  func response(_ answer: Answer) -> Response {
    var headers = answer.headers
    headers[.contentType] = answer.contentType
    headers[.cacheControl] = answer.status == .ok ? cacheControl : Freshness.momentary.cacheControl
    if case .stream(let body) = answer.body { return Response(status: answer.status, headers: headers, body: body) }
    if case .file(let file) = answer.body { return response(file, headers) }
    headers[.vary] = "Accept-Encoding"
    if answer.status == .ok, freshness.hasTag, let tag = answer.body.tag(upTo: Self.markable) {
      headers[.eTag] = tag
      if isKnown(tag) {
        headers[.contentType] = nil
        return Response(status: .notModified, headers: headers, body: ResponseBody())
      }
    }
    if takesGzip, let compressed = answer.body.compressed {
      headers[.contentEncoding] = "gzip"
      return Response(status: answer.status, headers: headers, body: ResponseBody(byteBuffer: compressed))
    }
    return Response(status: answer.status, headers: headers, body: ResponseBody(byteBuffer: answer.body.plain))
  }

  /// A file, the piece of it that is asked for, or that the client has it.
  private func response(_ file: FileDownload, _ given: HTTPFields) -> Response {
    var headers = given
    headers[.eTag] = file.tag
    headers[.acceptRanges] = "bytes"
    if isKnown(file.tag) {
      headers[.contentType] = nil
      return Response(status: .notModified, headers: headers, body: ResponseBody())
    }
    // A piece of what has changed meanwhile fits to no other piece.
    let isSame = request[.ifRange].map { $0 == file.tag } ?? true
    switch isSame ? FileDownload.piece(request[.range], of: file.size) : .whole {
    case .whole: return Response(status: .ok, headers: headers, body: file.body(0..<file.size))
    case .part(let range):
      headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
      return Response(status: .partialContent, headers: headers, body: file.body(range))
    case .beyond:
      headers[.contentRange] = "bytes */\(file.size)"
      return Response(status: .rangeNotSatisfiable, headers: headers, body: ResponseBody())
    }
  }

  private var cacheControl: String {
    guard isPrivate, freshness != .momentary else { return freshness.cacheControl }
    return "private, " + freshness.cacheControl
  }

  /// Whether the client names the mark as one that it has.
  private func isKnown(_ tag: String) -> Bool {
    guard let known = request[.ifNoneMatch] else { return false }
    let strong = tag.dropFirst(2)
    return known.split(separator: ",").contains { item in
      let item = item.trimmed
      return item == "*" || item == tag || item == strong
    }
  }

  /// Whether the client accepts gzip, and does not say that it wants it with quality 0.
  private var takesGzip: Bool {
    guard let accepted = request[.acceptEncoding] else { return false }
    return accepted.lowercased().split(separator: ",").contains { item in
      let parts = item.split(separator: ";").map(\.trimmed)
      guard let name = parts.first, name == "gzip" || name == "*" else { return false }
      return !parts.dropFirst().contains { part in
        part.hasPrefix("q=") && Double(part.dropFirst(2)) == 0
      }
    }
  }
}

extension Answer.Body {
  fileprivate var plain: ByteBuffer {
    switch self {
    case .bytes(let buffer): buffer
    case .prepared(let body): body.plain
    case .stream, .file: ByteBuffer()
    }
  }

  fileprivate var compressed: ByteBuffer? {
    switch self {
    case .bytes(let buffer): buffer.readableBytes >= Gzip.worthwhile ? Gzip.compress(buffer) : nil
    case .prepared(let body): body.compressed
    case .stream, .file: nil
    }
  }

  fileprivate func tag(upTo length: Int) -> String? {
    switch self {
    case .bytes(let buffer): buffer.readableBytes <= length ? PreparedBody.tag(of: buffer) : nil
    case .prepared(let body): body.tag
    case .stream, .file: nil
    }
  }
}
