import Callables
import Competition
import Diagnosis
import ServiceKit
import Store

/// A function at an extension point on what is stored, called as a worker calls it; nothing is written.
struct PointTrial: Sendable {
  let point: TrialPoint
  /// As the operator named it; nil: the one in force.
  let function: String?
  let settings: ScoreSettings
  let store: Store
  /// How many stored things it is tried on, the newest ones.
  let limit: Int

  var limits: PythonLimits { settings.scoring.python }
  var contract: CrunchContract { settings.contract }

  /// What the function made of one stored thing, beside what is stored.
  struct Row: Sendable {
    /// The thing's id, or what names it.
    var subject: String
    /// nil where it failed, or says that there is nothing.
    var now: JSON?
    /// nil where nothing comparable is stored.
    var stored: JSON?
    var failure: String?
  }

  struct Report: Sendable {
    var point: TrialPoint
    var name: String
    var rows: [Row]
    var elapsed: Duration
  }

  /// - Throws: `CallableFault` when the function cannot be used.
  func report(at point: ExtensionPoint) async throws -> Report {
    switch point {
    case .inferenceInput: try await inputs()
    case .inferenceOutput: try await outputs()
    case .groundTruth: try await truths()
    case .aggregateSnapshot: try await summaries()
    case .rankLeaderboard: try await ranking()
    case .buildEmission: try await emission()
    }
  }

  /// - Throws: `CallableFault` when the function cannot be used.
  func report(at point: FigurePoint) async throws -> Report {
    switch point {
    case .metric: try await metrics()
    case .ensembleStrategy: try await strategy()
    case .modelFilter: try await filter()
    }
  }

  /// What the operator named, else what is in force.
  func reference<Builtin>(_ inForce: ExtensionReference<Builtin>) throws -> ExtensionReference<Builtin> {
    try function.map { try ExtensionReference($0) } ?? inForce
  }

  func report(_ name: some CustomStringConvertible, _ rows: [Row], since began: ContinuousClock.Instant) -> Report {
    Report(point: point, name: "\(name)", rows: rows, elapsed: began.duration(to: .now))
  }
}

extension PointTrial.Report {
  var failed: Int { rows.count { $0.failure != nil } }
  /// Of those that have something stored to compare with.
  var equal: Int { rows.count { $0.stored != nil && $0.now?.stored == $0.stored?.stored } }
  var comparable: Int { rows.count { $0.stored != nil } }
  var perSecond: Double { Double(rows.count) / max(elapsed / .seconds(1), 1e-9) }

  /// Rows that are shown to people, and letters of a value.
  private static let shown = 10
  private static let letters = 60

  var text: String {
    func short(_ value: JSON?) -> String {
      guard let text = value?.text else { return "none" }
      return text.count > Self.letters ? text.prefix(Self.letters - 1) + "…" : text
    }
    let table = Terminal.table(
      ["what", "now", "stored"],
      rows.prefix(Self.shown).map { row in
        [row.subject, row.failure == nil ? short(row.now) : "failed", row.stored == nil ? "" : short(row.stored)]
      })
    let more = rows.count > Self.shown ? "\n… and \(rows.count - Self.shown) more; --json shows all" : ""
    let reasons = Dictionary(rows.compactMap { row in row.failure.map { ($0, 1) } }, uniquingKeysWith: +)
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5).map { "\n\($0.value) failed: \($0.key)" }.joined()
    let compared = comparable > 0 ? ", \(equal) of \(comparable) as stored" : ""
    return """
      \(name) can be used as \(point.name)
      \(table)\(more)

      \(rows.count) tried, \(rows.count - failed) answered\(compared), \(failed) failed; \
      \(Spoken.rounded(perSecond)) a second\(reasons)
      """
  }

  var json: JSON {
    .object([
      "callable": .string(name), "point": .string(point.name), "tried": JSON(rows.count),
      "answered": JSON(rows.count - failed), "comparable": JSON(comparable), "as_stored": JSON(equal),
      "per_second": .double(perSecond.rounded()),
      "rows": .array(
        rows.map { row in
          .object([
            "what": .string(row.subject), "now": row.now ?? .null, "stored": row.stored ?? .null,
            "failure": JSON(row.failure),
          ])
        }),
    ])
  }
}
