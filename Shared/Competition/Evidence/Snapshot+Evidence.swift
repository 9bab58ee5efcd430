extension Snapshot {
  /// The text whose hash is the snapshot's leaf: model, period, count and summary, as they are stored.
  public var canonicalText: String {
    // Written as it goes, since it is made by the million.
    var bytes = Array("{\"model_id\":".utf8)
    JSON.string(modelID).writeCanonical(into: &bytes)
    bytes.append(contentsOf: ",\"period_end\":\"\(periodEnd.iso8601(.offset))\"".utf8)
    bytes.append(contentsOf: ",\"period_start\":\"\(periodStart.iso8601(.offset))\"".utf8)
    bytes.append(contentsOf: ",\"prediction_count\":\(predictionCount),\"result_summary\":".utf8)
    JSON.object(resultSummary.stored).writeCanonical(into: &bytes)
    bytes.append(UInt8(ascii: "}"))
    return String(decoding: bytes, as: UTF8.self)
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
