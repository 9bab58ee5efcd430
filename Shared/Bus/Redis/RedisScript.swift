import Competition
import Crypto
import Redis

/// A Lua script, called by its hash; sent whole when Redis does not know it (any more).
struct RedisScript: Sendable {
  let text: String
  let hash: String

  init(_ text: String) {
    self.text = text
    hash = Insecure.SHA1.hash(data: Array(text.utf8)).hexadecimal
  }

  func run(
    on connection: RedisConnection, keys: [String], arguments: [String]
  ) async throws(RedisError) -> RedisValue {
    let rest = [String(keys.count)] + keys + arguments
    let answer = try await connection.pipeline([RedisCommand(["EVALSHA", hash] + rest)])[0]
    guard case .error(let text) = answer, text.hasPrefix("NOSCRIPT") else { return try answer.checked() }
    return try await connection.send(RedisCommand(["EVAL", self.text] + rest))
  }

  /// The server's clock in milliseconds, for the scripts that begin with it.
  fileprivate static let clock = """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)

    """
}

// MARK: The delayed set

extension RedisScript {
  /// Moves due tasks into the stream while there is room. KEYS: delayed set, stream. ARGV: limit, longest stream.
  /// Answers how many, and in how many milliseconds the next one is due. A member that is no task becomes an entry that
  /// nobody can read, so that a worker keeps it as a dead letter.
  static let promote = RedisScript(
    clock + """
      local limit = math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - redis.call('XLEN', KEYS[2]))
      local due = {}
      if limit > 0 then due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, limit) end
      for _, member in ipairs(due) do
        local readable, fields = pcall(cjson.decode, member)
        readable = readable and type(fields) == 'table' and #fields > 0 and #fields % 2 == 0 and #fields <= 2 * \(BusEntry.mostFields)
        for i = 1, readable and #fields or 0 do readable = readable and type(fields[i]) == 'string' end
        if not readable then fields = {'unreadable', member} end
        redis.call('XADD', KEYS[2], '*', unpack(fields))
        redis.call('ZREM', KEYS[1], member)
      end
      local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
      return {#due, next[2] and tostring(next[2] - now) or false}
      """)
}

// MARK: Entries in work

extension RedisScript {
  /// What is still this consumer's of some entries, done with each: the owner check and the deed are one step. KEYS: stream
  /// and those of the deed. ARGV: group, consumer, an argument of the deed, ids. Answers the ids.
  private static func ours(_ deed: String) -> RedisScript {
    RedisScript(
      """
      local ours = {}
      for i = 4, #ARGV do
        local entry = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
        if entry and entry[2] == ARGV[2] then
          \(deed)
          ours[#ours + 1] = ARGV[i]
        end
      end
      return ours
      """)
  }

  static let acknowledge = ours("redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])")

  /// Sets the idle clock, in milliseconds: 0 renews.
  static let setIdle = ours(
    "redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'JUSTID')")

  /// Sets the idle clock, and takes back the delivery that was no attempt.
  static let release = ours(
    """
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'RETRYCOUNT', \
    math.max(0, entry[4] - 1), 'JUSTID')
    """)

  static let drop = ours(
    "redis.call('XACK', KEYS[1], ARGV[1], ARGV[i]) redis.call('XDEL', KEYS[1], ARGV[i])")

  /// KEYS: stream, stream of the parked.
  static let park = ours(
    """
    local found = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
    if found then redis.call('XADD', KEYS[2], '*', unpack(found[2])) end
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[i]) redis.call('XDEL', KEYS[1], ARGV[i])
    """)

  /// KEYS: stream, stream of the parked. ARGV: ids of parked entries. Answers how many were moved back.
  static let unpark = RedisScript(
    """
    local moved = 0
    for _, id in ipairs(ARGV) do
      local found = redis.call('XRANGE', KEYS[2], id, id)[1]
      if found then
        redis.call('XADD', KEYS[1], '*', unpack(found[2]))
        redis.call('XDEL', KEYS[2], id)
        moved = moved + 1
      end
    end
    return moved
    """)

  /// Takes over entries whose lease has run out, unless another consumer looks for them. KEYS: stream, sweeper, cursor.
  /// ARGV: group, consumer, lease in milliseconds, count, milliseconds that a look keeps others from looking. Answers the
  /// entries, their numbers of deliveries, how many were gone from the stream, and where the next look begins.
  ///
  /// A Redis that is full refuses to remember who looks and how far: that may not keep it from handing on work, since only
  /// finished work makes room.
  static let reclaim = RedisScript(
    """
    local sweeper = redis.call('GET', KEYS[2])
    if sweeper and sweeper ~= ARGV[2] then return {{}, {}, 0, '0-0'} end
    redis.pcall('SET', KEYS[2], ARGV[2], 'PX', ARGV[5])
    local cursor = redis.call('GET', KEYS[3]) or '0-0'
    local found = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], cursor, 'COUNT', ARGV[4])
    if found[1] == '0-0' then redis.call('DEL', KEYS[3]) else redis.pcall('SET', KEYS[3], found[1]) end
    local counts = {}
    for i, entry in ipairs(found[2]) do
      local pending = redis.call('XPENDING', KEYS[1], ARGV[1], entry[1], entry[1], 1)[1]
      counts[i] = pending and pending[4] or 1
    end
    return {found[2], counts, #(found[3] or {}), found[1]}
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

// MARK: Workers

extension RedisScript {
  /// KEYS: workers, notes. ARGV: name, milliseconds, note. Those that have been gone for an hour are forgotten.
  static let register = RedisScript(
    clock + """
      redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
      redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
      for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 3600000)) do
        redis.call('ZREM', KEYS[1], name)
        redis.call('HDEL', KEYS[2], name)
      end
      """)

  /// KEYS: workers, notes. Answers the notes of those that live.
  static let workers = RedisScript(
    clock + """
      local notes = {}
      for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')) do
        notes[#notes + 1] = redis.call('HGET', KEYS[2], name)
      end
      return notes
      """)

  /// Removes consumers of workers that live no more; entries that are pending on them keep them. KEYS: workers, streams.
  /// ARGV: milliseconds for which a consumer that nobody registered must have been idle.
  static let bury = RedisScript(
    clock + """
      local buried = 0
      for i = 2, #KEYS do
        if redis.call('EXISTS', KEYS[i]) == 1 then
          for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[i])) do
            for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[i], group[2])) do
              local expiry = redis.call('ZSCORE', KEYS[1], consumer[2])
              local isDead = expiry and tonumber(expiry) < now or not expiry and consumer[6] >= tonumber(ARGV[1])
              if isDead and consumer[4] == 0 then
                redis.call('XGROUP', 'DELCONSUMER', KEYS[i], group[2], consumer[2])
                buried = buried + 1
              end
            end
          end
        end
      end
      return buried
      """)
}

// MARK: Streams

extension RedisScript {
  /// Removes what no live group needs. KEYS: stream. ARGV: our group, how many of the newest stay, milliseconds within
  /// which a member of another group must have asked for something. Answers how many were removed.
  ///
  /// What a group needs is read in the same step: a group that is made at this moment at the stream's beginning loses
  /// nothing.
  static let trim = RedisScript(
    """
    local keeping = tonumber(ARGV[2])
    if redis.call('XLEN', KEYS[1]) <= keeping then return 0 end
    local function parts(id)
      local dash = string.find(id, '-', 1, true)
      return tonumber(string.sub(id, 1, dash - 1)), tonumber(string.sub(id, dash + 1))
    end
    local ms, number
    local function keepFrom(otherMs, otherNumber)
      if not ms or otherMs < ms or otherMs == ms and otherNumber < number then ms, number = otherMs, otherNumber end
    end
    local isRead = false
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
      local name = group[2]
      local isLive = name == ARGV[1]
      isRead = isRead or isLive
      if not isLive then
        for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], name)) do
          isLive = isLive or consumer[6] < tonumber(ARGV[3])
        end
      end
      if isLive then
        local lastMs, lastNumber = parts(group[8])
        keepFrom(lastMs, lastNumber + 1)
        if group[6] > 0 then keepFrom(parts(redis.call('XPENDING', KEYS[1], name)[2])) end
      end
    end
    if not isRead then return 0 end
    if keeping > 0 then
      local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', keeping)
      keepFrom(parts(newest[#newest][1]))
    end
    return redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f-%.0f', ms, number))
    """)

  /// How a stream stands. KEYS: stream, stream of the parked. Answers length, parked, and a row a group: name, pending,
  /// unread, consumers, oldest unread, oldest pending.
  ///
  /// Redis' own lag is wrong after a trim or XDEL, so the unread are counted: from both ends, so that it costs by the
  /// smaller of what was read and what was not.
  static let status = RedisScript(
    clock + """
      if redis.call('EXISTS', KEYS[1]) == 0 then return {0, redis.call('XLEN', KEYS[2]), {}, tostring(now)} end
      local length = redis.call('XLEN', KEYS[1])
      local function unread(last)
        local after, before = '(' .. last, '-'
        local unread, read = 0, 0
        while true do
          local page = redis.call('XRANGE', KEYS[1], after, '+', 'COUNT', 100)
          unread = unread + #page
          if #page < 100 then return unread end
          after = '(' .. page[100][1]
          page = redis.call('XRANGE', KEYS[1], before, last, 'COUNT', 100)
          read = read + #page
          if #page < 100 then return length - read end
          before = '(' .. page[100][1]
        end
      end
      local rows = {}
      for i, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
        local oldest = redis.call('XRANGE', KEYS[1], '(' .. group[8], '+', 'COUNT', 1)[1]
        local pending = group[6] > 0 and redis.call('XPENDING', KEYS[1], group[2])[2]
        rows[i] = {group[2], group[6], unread(group[8]), group[4], oldest and oldest[1] or false, pending or false}
      end
      return {length, redis.call('XLEN', KEYS[2]), rows, tostring(now)}
      """)
}
