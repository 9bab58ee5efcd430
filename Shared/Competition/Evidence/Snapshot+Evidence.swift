extension Snapshot {
  /// The text whose hash is the snapshot's leaf: model, period, count and summary, as they are stored.
  public var canonicalText: String {
    JSON.object([
      "model_id": .string(modelID), "period_end": .string(periodEnd.iso8601(.offset)),
      "period_start": .string(periodStart.iso8601(.offset)), "prediction_count": JSON(predictionCount),
      "result_summary": .object(resultSummary.stored),
    ]).canonicalText
  }

  /// SHA-256 of the canonical text.
  public var contentHash: String { MerkleHash.of(canonicalText) }

  /// Key in `meta` of the digest over the scores, outputs and truths that the snapshot is made of (decision 18); nil in
  /// snapshots of builds that had none.
  public static let evidenceKey = "evidence_digest"
  public var evidenceDigest: String? { meta[Self.evidenceKey]?.string }
}

extension MerkleTree {
  /// The tree of a cycle. nil without snapshots.
  public init?(of snapshots: [Snapshot]) { self.init(leaves: snapshots.map(\.contentHash)) }
}

extension [Snapshot] {
  /// In the order of a cycle's leaves: by model id, code point by code point.
  public var inLeafOrder: [Snapshot] {
    sorted { $0.modelID.utf8.lexicographicallyPrecedes($1.modelID.utf8) }
  }
}
