import Hummingbird
import NIOCore

/// What the server knows of a request besides what was sent.
struct ReportContext: InitializableFromSource, Sendable {
  typealias Source = ApplicationRequestContextSource
  let peer: SocketAddress?

  init(source: ApplicationRequestContextSource) { peer = source.channel.remoteAddress }
}
