import Competition

/// Something that `coordinator doctor` found out: that a thing is well, or what is wrong with it, why, and what to do.
struct Finding: Sendable, Hashable {
  enum Area: String, Sendable, CaseIterable {
    case environment, postgres, redis, clock, schema, contract, streams, models, feed, disk
  }

  enum Severity: String, Sendable, CaseIterable {
    case ok
    /// Worth knowing; nothing is wrong.
    case note
    case problem
    /// A problem that starts of processes would end at, with 78.
    case misconfigured
  }

  var area: Area
  var severity: Severity
  /// What was looked at, and how it is.
  var what: String
  var cause: String?
  var remedy: String?

  static func ok(_ area: Area, _ what: String) -> Finding { Finding(area: area, severity: .ok, what: what) }

  static func note(_ area: Area, _ what: String, remedy: String? = nil) -> Finding {
    Finding(area: area, severity: .note, what: what, remedy: remedy)
  }

  static func problem(_ area: Area, _ what: String, cause: String? = nil, remedy: String) -> Finding {
    Finding(area: area, severity: .problem, what: what, cause: cause, remedy: remedy)
  }

  static func misconfigured(_ area: Area, _ what: String, cause: String? = nil, remedy: String) -> Finding {
    Finding(area: area, severity: .misconfigured, what: what, cause: cause, remedy: remedy)
  }

  var isWrong: Bool { severity == .problem || severity == .misconfigured }

  var json: JSON {
    .object([
      "area": .string(area.rawValue), "severity": .string(severity.rawValue), "what": .string(what),
      "cause": JSON(cause), "remedy": JSON(remedy),
    ])
  }
}
