import Crypto
import Redis

/// A Lua script, called by its hash; sent whole when Redis does not know it (any more).
struct RedisScript: Sendable {
  let text: String
  let hash: String

  init(_ text: String) {
    self.text = text
    hash = Insecure.SHA1.hash(data: Array(text.utf8)).map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
  }

  func run(
    on connection: RedisConnection, keys: [String], arguments: [String]
  ) async throws(RedisError) -> RedisValue {
    let rest = [String(keys.count)] + keys + arguments
    let answer = try await connection.pipeline([RedisCommand(["EVALSHA", hash] + rest)])[0]
    guard case .error(let text) = answer, text.hasPrefix("NOSCRIPT") else { return try answer.checked() }
    return try await connection.send(RedisCommand(["EVAL", self.text] + rest))
  }

  /// Moves due tasks into the stream. KEYS: delayed set, stream. ARGV: now in milliseconds, limit.
  static let promote = RedisScript(
    """
    local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
    for _, member in ipairs(due) do
      local readable, fields = pcall(cjson.decode, member)
      if readable and type(fields) == 'table' and #fields > 1 then
        redis.call('XADD', KEYS[2], '*', unpack(fields))
      end
      redis.call('ZREM', KEYS[1], member)
    end
    local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    return {#due, next[2] or false}
    """)

  /// Renews what is still ours. KEYS: stream. ARGV: group, consumer, idle milliseconds to set, ids.
  static let claim = RedisScript(
    """
    local ours = {}
    for i = 4, #ARGV do
      local entry = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
      if entry and entry[2] == ARGV[2] then
        redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'JUSTID')
        ours[#ours + 1] = ARGV[i]
      end
    end
    return ours
    """)

  /// Removes a consumer unless entries would be thrown away with it. KEYS: stream. ARGV: group, consumer.
  static let leave = RedisScript(
    """
    local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
    if #pending > 0 then return 0 end
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
    return 1
    """)
}
