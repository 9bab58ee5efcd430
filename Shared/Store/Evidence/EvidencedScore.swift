import Competition
import Postgres

/// A score with all that it was made from. JSON is the text that PostgreSQL holds, as its digest is made of it.
public struct EvidencedScore: Sendable {
  public var id: String
  public var predictionID: String
  public var modelID: String
  public var inputID: String
  public var scopeKey: String
  /// Of the prediction; as it is stored.
  public var status: String
  public var periodStart: Timestamp
  public var output: [UInt8]
  public var result: [UInt8]
  public var success: Bool?
  public var failedReason: String?
  public var scope: [UInt8]
  public var performedAt: Timestamp
  public var resolvableAt: Timestamp
  /// Empty when no truth is stored.
  public var truth: [UInt8]
  public var recordsDigest: String
  public var resolvedAt: Timestamp?
  /// The contract whose function scored it, by its number; nil in rows of earlier builds.
  public var contractID: Int64?

  init(_ row: PostgresRow) throws {
    id = try row.text(0)
    predictionID = try row.text(1)
    modelID = try row.text(2)
    inputID = try row.text(3)
    scopeKey = try row.text(4)
    status = try row.text(5)
    periodStart = try row.timestamp(6)
    output = row.jsonIfPresent(7) ?? []
    result = row.jsonIfPresent(8) ?? []
    success = try row.boolIfPresent(9)
    failedReason = row.textIfPresent(10)
    scope = row.jsonIfPresent(11) ?? []
    performedAt = try row.timestamp(12)
    resolvableAt = try row.timestamp(13)
    truth = row.jsonIfPresent(14) ?? []
    recordsDigest = row.textIfPresent(15) ?? ""
    resolvedAt = try row.timestampIfPresent(16)
    contractID = try row.intIfPresent(17)
  }

  /// What the digest of its snapshot has of it.
  public var line: ScoreDigest.Line {
    ScoreDigest.Line(
      predictionID: predictionID, inputID: inputID, scopeKey: scopeKey, output: output, score: result,
      success: success, truth: truth, recordsDigest: recordsDigest)
  }
}

extension EvidencedScore {
  /// What metrics and ensembles look at.
  public var answer: ScoredAnswer {
    get throws {
      func object(_ text: [UInt8]) throws -> JSONObject? { text.isEmpty ? nil : try JSON(parsing: text).object }
      return ScoredAnswer(
        prediction: Prediction(
          id: predictionID, inputID: inputID, modelID: modelID, configID: nil, scopeKey: scopeKey,
          scope: try object(scope) ?? [:], status: .scored, output: try object(output) ?? [:], performedAt: performedAt,
          resolvableAt: resolvableAt),
        result: success == true ? try object(result) : nil, truth: try object(truth), periodStart: periodStart)
    }
  }
}

/// A sealed snapshot with the hash that is stored beside it.
public struct EvidencedSnapshot: Sendable {
  public var snapshot: Snapshot
  /// The text that PostgreSQL holds: two of them may read as one number.
  public var summaryText: [UInt8]
  public var contentHash: String?
}

/// A node as it is stored.
public struct StoredNode: Sendable {
  public var id: String
  public var treeID: String
  public var level: Int
  public var position: Int
  public var hash: String
  public var leftChildID: String?
  public var rightChildID: String?
  public var snapshotID: String?
  public var snapshotContentHash: String?
}
