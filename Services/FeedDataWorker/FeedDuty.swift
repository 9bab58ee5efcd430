import Competition
import ServiceKit
import Store

/// Whether it is this worker that takes a feed in. Several may be started for the same feeds; the others stand by.
protocol FeedDuty: Sendable {
  var isHeld: Bool { get }
  /// The lease that what is stored rests on, by PostgreSQL's clock; nil: nobody else is there.
  var claim: LeaseClaim? { get }
  /// PostgreSQL says that another has it.
  func lost()
}

/// Why a worker stops taking a feed in: another one does.
struct LeadsNoLonger: Error {}

extension Duty: FeedDuty {}

/// Of a worker that is alone.
struct SoleDuty: FeedDuty {
  var isHeld: Bool { true }
  var claim: LeaseClaim? { nil }
  func lost() {}
}

extension Duty {
  /// The lease of a set of feeds: workers of the same set take turns, those of another have one of their own.
  static func leaseName(of keys: [FeedKey]) -> String {
    "feed-leader:" + MerkleHash.of(keys.map { RecordIDs.watermark($0) }.sorted().joined(separator: "\n")).prefix(32)
  }
}
