import Crypto

/// The second digest of a snapshot, over what it was made of (decision 18): SHA-256 over a line for each score of the model
/// in the bucket, failed ones too, in order of prediction id. A line is
///
///     prediction id ⇥ input id ⇥ scope key ⇥ output ⇥ score ⇥ success ⇥ truth ⇥ digest of the truth's records ⏎
///
/// with output, score and truth as PostgreSQL writes a `jsonb` value as text, `t` or `f` for success, and nothing where
/// there is NULL. The store makes it in the statement that reads a bucket, so that no row travels for it.
public struct ScoreDigest: Sendable {
  private var hash = SHA256()

  public init() {}

  /// The columns of one score, as texts.
  public struct Line: Sendable {
    public var predictionID: String
    public var inputID: String
    public var scopeKey: String
    public var output: [UInt8]
    public var score: [UInt8]
    public var success: Bool?
    public var truth: [UInt8]
    public var recordsDigest: String

    public init(
      predictionID: String, inputID: String, scopeKey: String, output: [UInt8], score: [UInt8], success: Bool?,
      truth: [UInt8], recordsDigest: String
    ) {
      self.predictionID = predictionID
      self.inputID = inputID
      self.scopeKey = scopeKey
      self.output = output
      self.score = score
      self.success = success
      self.truth = truth
      self.recordsDigest = recordsDigest
    }
  }

  public mutating func add(_ line: Line) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256 + line.output.count + line.score.count + line.truth.count)
    func end(_ field: some Sequence<UInt8>, _ mark: Unicode.Scalar = "\t") {
      bytes.append(contentsOf: field)
      bytes.append(UInt8(ascii: mark))
    }
    end(line.predictionID.utf8)
    end(line.inputID.utf8)
    end(line.scopeKey.utf8)
    end(line.output)
    end(line.score)
    end((line.success.map { $0 ? "t" : "f" } ?? "").utf8)
    end(line.truth)
    end(line.recordsDigest.utf8, "\n")
    hash.update(data: bytes)
  }

  /// Hexadecimal.
  public var value: String { hash.finalize().hexadecimal }
}
