import Diagnosis
import Redis

/// Whether Redis is there, is of a version that this build knows, keeps work when it is full, and has room. In a cluster the
/// node that has the keys is looked at.
struct RedisCheck: Check {
  let configuration: RedisConfiguration
  var keyPrefix = ""
  var area: Finding.Area { .redis }

  static let oldestVersion = 7

  func findings() async -> [Finding] {
    let connection = RedisConnection(configuration, name: "coordinator-doctor")
    do {
      try await connection.send(RedisCommand("PING"))
    } catch {
      return [.problem(.redis, "Redis cannot be used", cause: "\(error)", remedy: error.remedy)]
    }
    do {
      // Leads to the node of a cluster that has this key, and with a hash tag all others.
      _ = try await connection.pipeline([RedisCommand("EXISTS", keyPrefix + "bus.marker")])
      let text = try await connection.send(RedisCommand("INFO")).text ?? ""
      return Self.findings(info: Self.values(text), keyPrefix: keyPrefix)
    } catch {
      return [
        .ok(.redis, "Redis answers"),
        .note(.redis, "Redis does not tell its version and its memory: \(error)", remedy: "allow INFO to this user"),
      ]
    }
  }

  /// The lines `name:value` of an answer to INFO.
  static func values(_ text: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      values[String(line[..<colon])] = String(line[line.index(after: colon)...])
    }
    return values
  }

  static func findings(info: [String: String], keyPrefix: String = "") -> [Finding] {
    var findings: [Finding] = []
    if info["cluster_enabled"] == "1", !hasHashTag(keyPrefix) {
      findings.append(
        .problem(
          .redis, "this Redis is a cluster, and the keys are not in one slot",
          cause: "REDIS_KEY_PREFIX has no hash tag, so that the node's scripts reach keys of several slots",
          remedy: "put the prefix into braces, such as REDIS_KEY_PREFIX={my-crunch}: for all workers"))
    }
    let version = info["redis_version"] ?? "unknown"
    if let major = version.split(separator: ".").first.flatMap({ Int($0) }), major < oldestVersion {
      findings.append(
        .problem(
          .redis, "Redis is of version \(version)", cause: "this build wants \(oldestVersion) or newer",
          remedy: "upgrade Redis"))
    }
    if info["role"] == "slave" {
      findings.append(
        .problem(
          .redis, "this Redis is a replica", cause: "it takes no writes", remedy: "point REDIS_URL at the primary")
      )
    }
    let limit = info["maxmemory"].flatMap { Int64($0) } ?? 0
    let used = info["used_memory"].flatMap { Int64($0) } ?? 0
    if let policy = info["maxmemory_policy"], policy != "noeviction" {
      findings.append(
        .problem(
          .redis, "maxmemory-policy is \(policy)", cause: "a full Redis would drop entries that nobody has read",
          remedy: "CONFIG SET maxmemory-policy noeviction, and write it into redis.conf"))
    }
    if limit > 0, used * 10 > limit * 9 {
      findings.append(
        .problem(
          .redis, "Redis is almost full", cause: "\(used >> 20) of \(limit >> 20) MiB are in use",
          remedy: "raise maxmemory, or start score workers if `coordinator top` shows a backlog"))
    }
    if info["aof_enabled"] == "0" {
      findings.append(
        .note(
          .redis, "appendonly is off: a restart of Redis loses its streams, which PostgreSQL gives back in seconds",
          remedy: "appendonly yes spares those seconds"))
    }
    if info["aof_last_write_status"] == "err" || info["rdb_last_bgsave_status"] == "err" {
      findings.append(
        .problem(
          .redis, "Redis cannot save its data", cause: "its last write to disk failed",
          remedy: "free disk space there, and look into its log"))
    }
    return findings + [.ok(.redis, "Redis \(version), \(used >> 20) MiB")]
  }

  /// Whether a cluster keeps all keys with this prefix in one slot: something between the first brace and the next closing one.
  private static func hasHashTag(_ prefix: String) -> Bool {
    guard let opening = prefix.firstIndex(of: "{") else { return false }
    let rest = prefix[prefix.index(after: opening)...]
    return rest.firstIndex(of: "}").map { $0 > rest.startIndex } ?? false
  }
}
