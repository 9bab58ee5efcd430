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
    /// From the head of an answer to when its end has left this machine; of a file, for each piece of it.
    var answer: TimeAmount = .seconds(60)
    /// For each event of a stream of them, from when it is there to when it has left this machine.
    var event: TimeAmount = .seconds(10)
  }

  private let patience: Patience
  private var timer: Scheduled<Void>?
  /// What each part of the answer has time for; nil where the answer as a whole has.
  private var partPatience: TimeAmount?
  /// Parts of such an answer that have not left this machine.
  private var unsent = 0

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
    case .head(let head):
      partPatience = partPatience(head.headerFields[.contentType])
      partPatience == nil ? start(patience.answer, context) : timer?.cancel()
      context.write(data, promise: promise)
    case .body:
      guard let partPatience else { return context.write(data, promise: promise) }
      if unsent == 0 { start(partPatience, context) }
      unsent += 1
      write(data, promise, context) { handler, context in
        handler.unsent -= 1
        handler.unsent == 0 ? handler.timer?.cancel() : handler.start(partPatience, context)
      }
    case .end:
      partPatience = nil
      write(data, promise, context) { handler, context in handler.start(handler.patience.rest, context) }
    }
  }

  /// Events have no end, and files may be long.
  private func partPatience(_ contentType: String?) -> TimeAmount? {
    switch contentType {
    case "text/event-stream": patience.event
    case "application/octet-stream": patience.answer
    default: nil
    }
  }

  /// Writes, and does something when it has left this machine.
  private func write(
    _ data: NIOAny, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext,
    whenSent: @escaping @Sendable (RequestDeadline, ChannelHandlerContext) -> Void
  ) {
    let sent = promise ?? context.eventLoop.makePromise()
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    sent.futureResult.whenSuccess {
      let (handler, context) = bound.value
      whenSent(handler, context)
    }
    context.write(data, promise: sent)
  }

  private func start(_ time: TimeAmount, _ context: ChannelHandlerContext) {
    timer?.cancel()
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
  }
}

@available(*, unavailable)
extension RequestDeadline: Sendable {}
