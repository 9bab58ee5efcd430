import NIOCore
import NIOHTTPTypes

/// Closes the connection of a client that takes too long: to send a whole request, to read its answer, or to say what it
/// wants next. However slowly bytes trickle, they don't hold a connection for longer.
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// What clients have time for.
  struct Patience: Sendable {
    /// From the first byte of a connection to the end of its first request.
    var request: TimeAmount = .seconds(10)
    /// From the end of an answer to the end of the next request.
    var rest: TimeAmount = .seconds(60)
    /// From the head of an answer to when its end has left this machine.
    var answer: TimeAmount = .seconds(60)
  }

  private let patience: Patience
  private var timer: Scheduled<Void>?

  init(_ patience: Patience) { self.patience = patience }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { start(patience.request, context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

  func channelActive(context: ChannelHandlerContext) {
    start(patience.request, context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // From here on it is this side that takes its time.
    if case .end = unwrapInboundIn(data) { timer?.cancel() }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head: start(patience.answer, context)
    case .body: break
    case .end:
      let sent = promise ?? context.eventLoop.makePromise()
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      sent.futureResult.whenSuccess {
        let (handler, context) = bound.value
        handler.start(handler.patience.rest, context)
      }
      context.write(data, promise: sent)
      return
    }
    context.write(data, promise: promise)
  }

  private func start(_ time: TimeAmount, _ context: ChannelHandlerContext) {
    timer?.cancel()
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
  }
}

@available(*, unavailable)
extension RequestDeadline: Sendable {}
