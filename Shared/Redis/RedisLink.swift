import CHiredis
import Foundation

/// One hiredis connection, used from the thread of the actor that owns it and from nowhere else.
final class RedisLink {
  private let context: UnsafeMutablePointer<redisContext>
  private let configuration: RedisConfiguration
  /// The node that it is connected to.
  let address: RedisConfiguration.Address

  /// A broken pipe is an error of the write, not a signal that ends the process: hiredis writes without MSG_NOSIGNAL.
  private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  /// Connects and introduces itself, or throws within the connect timeout.
  init(
    _ configuration: RedisConfiguration, at address: RedisConfiguration.Address, name: String
  ) throws(RedisError) {
    Self.ignoreBrokenPipes
    let timeout = Self.timeval(configuration.connectTimeout)
    let opened =
      switch address {
      case .host(let host, let port): redisConnectWithTimeout(host, Int32(port), timeout)
      case .socket(let path): redisConnectUnixWithTimeout(path, timeout)
      }
    guard let opened else { throw .unavailable("out of memory") }
    context = opened
    self.configuration = configuration
    self.address = address
    // From here a throw runs deinit, which frees the context.
    if context.pointee.err != 0 { throw failure() }
    redisEnableKeepAlive(context)
    try setTimeout(configuration.commandTimeout)
    var greeting: [RedisCommand] = []
    if let password = configuration.password {
      greeting.append(RedisCommand(["AUTH"] + (configuration.username.map { [$0] } ?? []) + [password]))
    }
    if configuration.database != 0 { greeting.append(RedisCommand("SELECT", String(configuration.database))) }
    greeting.append(RedisCommand("CLIENT", "SETNAME", name))
    for answer in try run(greeting, timeout: nil) { _ = try answer.checked() }
  }

  deinit { redisFree(context) }

  /// Writes all commands, then reads all answers; refusals stay in place as values.
  /// - Parameter timeout: seconds to wait instead of the usual command timeout, for commands that block.
  func run(_ commands: [RedisCommand], timeout: Double?) throws(RedisError) -> [RedisValue] {
    if let timeout { try setTimeout(timeout) }
    for command in commands { try append(command) }
    var answers: [RedisValue] = []
    answers.reserveCapacity(commands.count)
    for _ in commands {
      var reply: UnsafeMutableRawPointer?
      guard redisGetReply(context, &reply) == REDIS_OK, let reply else { throw failure() }
      defer { freeReplyObject(reply) }
      answers.append(RedisValue(reply.assumingMemoryBound(to: redisReply.self)))
    }
    if timeout != nil { try setTimeout(configuration.commandTimeout) }
    return answers
  }

  /// Whether an idle connection is still there: a server that went away left an end of file in the socket.
  var isAlive: Bool {
    var descriptor = pollfd(fd: context.pointee.fd, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, 0) == 0
  }

  private func append(_ command: RedisCommand) throws(RedisError) {
    let code = command.bytes.withUnsafeBufferPointer { buffer in
      // The buffer of an empty command has no address; hiredis wants one and does not read it.
      let base = UnsafeRawPointer(buffer.baseAddress ?? UnsafePointer(bitPattern: 8))?
        .assumingMemoryBound(to: CChar.self)
      let starts = [0] + command.ends.dropLast()
      var arguments = starts.map { start in base.map { $0 + start } }
      let lengths = zip(starts, command.ends).map { $1 - $0 }
      return redisAppendCommandArgv(context, Int32(lengths.count), &arguments, lengths)
    }
    guard code == REDIS_OK else { throw failure() }
  }

  private func setTimeout(_ seconds: Double) throws(RedisError) {
    guard redisSetTimeout(context, Self.timeval(seconds)) == REDIS_OK else { throw failure() }
  }

  private func failure() -> RedisError {
    let text = withUnsafeBytes(of: context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    // The socket's own timeout shows as EAGAIN.
    if context.pointee.err == REDIS_ERR_IO, text.contains("temporarily unavailable") { return .timedOut }
    return .unavailable(text.isEmpty ? "the connection broke" : text)
  }

  private static func timeval(_ seconds: Double) -> timeval {
    Glibc.timeval(tv_sec: Int(seconds), tv_usec: Int((seconds - seconds.rounded(.down)) * 1_000_000))
  }
}

extension RedisValue {
  /// Copies hiredis' answer.
  init(_ reply: UnsafeMutablePointer<redisReply>) {
    let text = UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.str == nil ? 0 : reply.pointee.len)
    switch reply.pointee.type {
    case REDIS_REPLY_STRING: self = .string(Array(text))
    case REDIS_REPLY_STATUS: self = .status(String(decoding: text, as: UTF8.self))
    case REDIS_REPLY_ERROR: self = .error(String(decoding: text, as: UTF8.self))
    case REDIS_REPLY_INTEGER: self = .integer(reply.pointee.integer)
    case REDIS_REPLY_ARRAY:
      self = .array(
        (0..<reply.pointee.elements).map { reply.pointee.element[$0].map(RedisValue.init) ?? .null })
    default: self = .null
    }
  }
}
