import Competition

/// Something that `coordinator doctor` found out: that a thing is well, or what is wrong with it, why, and what to do.
package struct Finding: Sendable, Hashable {
  package enum Area: String, Sendable, CaseIterable {
    case environment, postgres, redis, clock, schema, contract, streams, models, feed, disk
  }

  package enum Severity: String, Sendable, CaseIterable {
    case ok
    /// Worth knowing; nothing is wrong.
    case note
    case problem
    /// A problem that starts of processes would end at, with 78.
    case misconfigured
  }

  package var area: Area
  package var severity: Severity
  /// What was looked at, and how it is.
  package var what: String
  package var cause: String?
  package var remedy: String?

  package static func ok(_ area: Area, _ what: String) -> Finding { Finding(area: area, severity: .ok, what: what) }

  package static func note(_ area: Area, _ what: String, remedy: String? = nil) -> Finding {
    Finding(area: area, severity: .note, what: what, remedy: remedy)
  }

  package static func problem(_ area: Area, _ what: String, cause: String? = nil, remedy: String) -> Finding {
    Finding(area: area, severity: .problem, what: what, cause: cause, remedy: remedy)
  }

  package static func misconfigured(_ area: Area, _ what: String, cause: String? = nil, remedy: String) -> Finding {
    Finding(area: area, severity: .misconfigured, what: what, cause: cause, remedy: remedy)
  }

  package var isWrong: Bool { severity == .problem || severity == .misconfigured }

  package var json: JSON {
    .object([
      "area": .string(area.rawValue), "severity": .string(severity.rawValue), "what": .string(what),
      "cause": JSON(cause), "remedy": JSON(remedy),
    ])
  }
}
