import ArgumentParser
import Competition
import Store

struct Proof: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Proves that a snapshot is in the chain of evidence: what was hashed, and the way to the roots.",
    discussion: """
      The SHA-256 of the text is the leaf. Each step hashes the two hexadecimal texts, the node on the left first, up to
      snapshots_root of the cycle; the hash of the root before and snapshots_root is the cycle's chained root, a leaf of the
      checkpoint's tree. Ends with 1 when that does not
      lead to the stored roots.
      """)
  @Argument(help: "The snapshot's id.") var snapshot: String
  @OptionGroup var output: OutputOptions

  func run() async throws {
    guard let proof = try await Connection().store.evidence.proof(of: snapshot) else {
      Terminal.complain(
        "there is no proof of \(snapshot): no such snapshot, or it is not sealed yet; `coordinator explain \(snapshot)`"
      )
      throw ExitCode(1)
    }
    let problems = proof.problems
    if output.json {
      Terminal.json(Self.json(proof, problems))
    } else {
      Terminal.line(Self.text(proof))
      for problem in problems { Terminal.complain(problem) }
      if problems.isEmpty { Terminal.line("verified: the way leads from the text to the stored roots") }
    }
    if !problems.isEmpty { throw ExitCode(1) }
  }

  private static func json(_ proof: SnapshotProof, _ problems: [String]) -> JSON {
    .object([
      "snapshot_id": .string(proof.snapshotID), "canonical_json": .string(proof.canonicalText),
      "snapshot_content_hash": .string(proof.proof.leaf), "path": proof.proof.json,
      "snapshots_root": .string(proof.cycle.snapshotsRoot), "cycle_id": .string(proof.cycle.id),
      "previous_cycle_root": JSON(proof.cycle.previousRoot), "cycle_root": .string(proof.cycle.chainedRoot),
      "checkpoint_id": JSON(proof.checkpoint?.id), "checkpoint_path": proof.checkpoint?.proof.json ?? .null,
      "merkle_root": JSON(proof.checkpoint?.merkleRoot), "verified": .bool(problems.isEmpty),
      "problems": .array(problems.map(JSON.string)),
    ])
  }

  private static func text(_ proof: SnapshotProof) -> String {
    var lines = ["text            \(proof.canonicalText)", "leaf            \(proof.proof.leaf)"]
    lines += way(proof.proof)
    lines += [
      "snapshots_root  \(proof.cycle.snapshotsRoot)", "root before     \(proof.cycle.previousRoot ?? "none")",
      "chained_root    \(proof.cycle.chainedRoot)  \(proof.cycle.id)",
    ]
    if let checkpoint = proof.checkpoint {
      lines += way(checkpoint.proof)
      lines.append("merkle_root     \(checkpoint.merkleRoot ?? "none")  \(checkpoint.id)")
    } else {
      lines.append("no checkpoint counts it yet")
    }
    return lines.joined(separator: "\n")
  }

  private static func way(_ proof: MerkleProof) -> [String] {
    proof.path.map { step in "  with \(step.side == .left ? "left " : "right")     \(step.hash)" }
  }
}
