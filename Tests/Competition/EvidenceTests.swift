import Competition
import Crypto
import Testing

@Suite("Evidence")
struct EvidenceTests {
  @Test("control characters and DEL are escaped, characters beyond 16 bits are pairs, keys go by code point")
  func canonicalText() {
    let value: JSON = ["\u{1F600}": 1, "\u{FF5E}": "\u{7F}\u{0}\u{B}/", "a": ["z": nil, "B": -0.0]]
    #expect(
      value.canonicalText
        == #"{"a":{"B":-0.0,"z":null},"\uff5e":"\u007f\u0000\u000b/","\ud83d\ude00":1}"#)
  }

  @Test(
    "a number is hashed as the database spells it",
    arguments: [
      (JSON.double(1e16), JSON.int(10_000_000_000_000_000)), (.double(-1.25e17), -125_000_000_000_000_000),
      (.double(1e19), .double(1e19)), (.double(9_007_199_254_740_993), .double(9_007_199_254_740_993)),
      (.double(1e-7), .double(1e-7)), (.double(1), .double(1)),
    ])
  func storedNumbers(value: JSON, stored: JSON) {
    #expect(value.stored == stored)
    #expect(value.stored.stored == stored)
  }

  @Test("minus zero is stored as zero")
  func minusZero() { #expect(JSON.double(-0.0).stored.canonicalText == "0.0") }

  @Test("whatever is changed in a proof, it does not verify any more")
  func forgedProof() throws {
    let tree = try #require(MerkleTree(leaves: (0..<7).map { MerkleHash.of("\($0)") }))
    for position in 0..<7 {
      let proof = try #require(tree.proof(ofLeafAt: position))
      #expect(proof.verifies(root: tree.root))
      var forged = proof
      forged.leaf = MerkleHash.of("another")
      #expect(!forged.verifies(root: tree.root))
      for index in proof.path.indices {
        forged = proof
        forged.path[index].hash = MerkleHash.of("another")
        #expect(!forged.verifies(root: tree.root))
        forged = proof
        guard proof.path[index].hash != tree.levels[index][position >> index] else { continue }
        forged.path[index].side = proof.path[index].side == .left ? .right : .left
        #expect(!forged.verifies(root: tree.root))
      }
    }
    #expect(tree.proof(ofLeafAt: 7) == nil)
  }

  @Test("a cycle is later than the one before, also where its bucket ended earlier")
  func orderOfCycles() throws {
    let tree = try #require(MerkleTree(leaves: ["a"]))
    let time = Timestamp(seconds: 1_771_000_000)
    let first = MerkleCycle(over: tree, after: nil, at: time)
    let second = MerkleCycle(over: tree, after: first, at: time.adding(seconds: -60))
    #expect(second.createdAt.microseconds == time.microseconds + 1)
    #expect(first.chainedRoot == "a" && second.chainedRoot == MerkleHash.parent("a", "a"))
  }

  private static let line = ScoreDigest.Line(
    predictionID: "p", inputID: "i", scopeKey: "s", output: Array(#"{"value": 1}"#.utf8),
    score: Array(#"{"value": 2}"#.utf8), success: true, truth: Array("{}".utf8), recordsDigest: "d")

  @Test("the digest of scores is over their columns, a line each")
  func scoreDigest() {
    var digest = ScoreDigest()
    digest.add(Self.line)
    var failed = Self.line
    (failed.predictionID, failed.success, failed.truth, failed.recordsDigest) = ("q", false, [], "")
    digest.add(failed)
    let text =
      "p\ti\ts\t{\"value\": 1}\t{\"value\": 2}\tt\t{}\td\n" + "q\ti\ts\t{\"value\": 1}\t{\"value\": 2}\tf\t\t\n"
    #expect(digest.value == SHA256.hash(data: Array(text.utf8)).hexadecimal)
  }
}
