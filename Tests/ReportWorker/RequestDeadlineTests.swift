import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import ReportWorker

@Suite("How long an answer may take to be read")
struct RequestDeadlineTests {
  /// A connection on which the head of an answer was sent.
  private static func channel(answering contentType: String) throws -> EmbeddedChannel {
    let channel = EmbeddedChannel(handler: RequestDeadline(RequestDeadline.Patience()))
    try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    let request = HTTPRequest(method: .get, scheme: nil, authority: "h", path: "/")
    try channel.writeInbound(HTTPRequestPart.head(request))
    try channel.writeInbound(HTTPRequestPart.end(nil))
    let head = HTTPResponse(status: .ok, headerFields: [.contentType: contentType])
    channel.write(HTTPResponsePart.head(head), promise: nil)
    channel.flush()
    return channel
  }

  /// A piece that the client takes after so many seconds.
  private static func send(_ channel: EmbeddedChannel, takenAfter seconds: Int64) {
    channel.write(HTTPResponsePart.body(ByteBuffer(string: "piece")), promise: nil)
    channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    channel.flush()
  }

  @Test("a file as long as each piece of it is taken in time, others as a whole")
  func files() throws {
    let file = try Self.channel(answering: "application/octet-stream")
    for _ in 0..<100 { Self.send(file, takenAfter: 59) }
    #expect(file.isActive)
    Self.send(file, takenAfter: 61)
    #expect(!file.isActive)
    let list = try Self.channel(answering: "application/json")
    Self.send(list, takenAfter: 59)
    #expect(list.isActive)
    Self.send(list, takenAfter: 2)
    #expect(!list.isActive)
  }
}
