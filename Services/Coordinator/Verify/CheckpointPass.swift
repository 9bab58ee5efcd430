import Callables
import Competition
import Store

/// Makes each checkpoint again from the snapshots that it claimed. Names of models and wallets are taken as they are stored:
/// they may have changed since, and the checkpoint's digest covers them.
struct CheckpointPass: Sendable {
  let view: EvidenceView
  let span: EvidenceView.Span
  let book: ContractBook

  func run(_ report: inout VerificationReport) async throws {
    let checkpoints = try await view.checkpoints(span)
    guard !checkpoints.isEmpty else { return }
    let models = try await view.models()
    let adopted = try await view.adopted()
    for checkpoint in checkpoints {
      guard !adopted.has(checkpoint.checkpoint) else {
        report.skip("checkpoints of other tools")
        continue
      }
      try await checkPeriod(checkpoint)
      try await check(checkpoint.checkpoint, models, &report)
      try Self.checkDigits(checkpoint)
      report.count("checkpoints")
    }
  }

  /// Whether a checkpoint follows the one before, and counts all that ended in its period.
  private func checkPeriod(_ evidenced: EvidenceView.EvidencedCheckpoint) async throws {
    let stored = evidenced.checkpoint
    let id = RecordIDs.checkpoint(at: stored.periodEnd)
    if stored.id != id {
      // Its tree names it too: two against one.
      let isMoved = try await !view.nodes(ofCheckpoint: stored.id).isEmpty
      throw Difference(
        table: "checkpoints", row: stored.id, column: isMoved ? "period_end" : "id",
        stored: isMoved ? "\(stored.periodEnd)" : stored.id, recomputed: isMoved ? "as its id says" : id)
    }
    if let start = evidenced.expectedStart {
      try Difference.check(
        "checkpoints", stored.id, "period_start", stored: stored.periodStart, recomputed: start,
        note: evidenced.isFirst ? "or first_period in seal_state was changed, or an earlier checkpoint removed" : nil)
    }
    if let id = try await view.misclaimedSnapshot(of: stored) {
      throw Difference(
        table: "snapshots", row: id, column: "checkpoint_id", stored: "another or none", recomputed: stored.id,
        note: "or period_start of checkpoint \(stored.id) was changed")
    }
  }

  private func check(_ stored: Checkpoint, _ models: [Model], _ report: inout VerificationReport) async throws {
    func check<Value: Equatable>(_ column: String, _ stored: Value, _ recomputed: Value, of id: String) throws {
      try Difference.check("checkpoints", id, column, stored: stored, recomputed: recomputed)
    }
    let snapshots = try await view.snapshots(ofCheckpoint: stored.id)
    let emission = stored.entries.first ?? .null
    let contract = try book.contract(of: stored.meta, table: "checkpoints", row: stored.id)
    let builder = CheckpointBuilder(
      contract.aggregation, emission: contract.emission, wallets: Self.wallets(emission),
      contract: stored.meta[Snapshot.contractKey]?.string)
    let shares = await book.functions(of: contract).emission
    if shares == nil { report.skip("emissions whose function cannot be used any more, beyond sums and digest") }
    let expected: Checkpoint
    do {
      expected = try await builder.checkpoint(
        periodStart: stored.periodStart, periodEnd: stored.periodEnd, snapshots: snapshots,
        models: Self.named(models, by: stored.meta["ranking"]), createdAt: stored.createdAt
      ) { ranking, wallets in
        guard let shares else { return try EmissionBuilder.standing(emission, of: ranking) }
        return try await shares.emission(of: ranking, wallets: wallets)
      }
    } catch let failure as ExtensionFailure {
      throw Difference(
        table: "checkpoints", row: stored.id, column: "entries_jsonb", stored: emission.text,
        recomputed: shares == nil ? "no such emission: \(failure)" : "build_emission fails: \(failure)")
    }
    for member in expected.meta where member.key != Snapshot.evidenceKey {
      try check("meta_jsonb", stored.meta[member.key] ?? .null, member.value.stored, of: stored.id)
    }
    if let unknown = stored.meta.first(where: { expected.meta[$0.key] == nil }) {
      try check("meta_jsonb", unknown.key, "no such key", of: stored.id)
    }
    try check("entries_jsonb", JSON.array(stored.entries), JSON.array(expected.entries).stored, of: stored.id)
    if let digest = stored.evidenceDigest {
      try Difference.check(
        "checkpoints", stored.id, "meta_jsonb", stored: digest, recomputed: expected.evidenceDigest ?? "",
        note: "or a name or wallet in meta_jsonb or entries_jsonb was changed")
    } else {
      if stored.meta[Snapshot.contractKey] != nil {
        try check("meta_jsonb", "no \(Snapshot.evidenceKey)", "one: who names the contract makes it", of: stored.id)
      }
      report.skip("names and wallets of checkpoints without a digest")
    }
    let roots = try await view.chainedRoots(EvidenceView.Span(start: stored.periodStart, end: stored.periodEnd))
    let tree = MerkleTree(leaves: roots)
    try check("merkle_root", stored.merkleRoot, tree?.root, of: stored.id)
    try StoredNode.check(
      try await view.nodes(ofCheckpoint: stored.id),
      tree.map { MerkleNode.all(of: $0, in: .checkpoint(stored.id)) } ?? [])
  }

  /// What a node writes has as many digits as each number needs.
  private static func checkDigits(_ stored: EvidenceView.EvidencedCheckpoint) throws {
    guard stored.checkpoint.evidenceDigest != nil else { return }
    for (column, text, value) in [
      ("entries_jsonb", stored.entriesText, JSON.array(stored.checkpoint.entries)),
      ("meta_jsonb", stored.metaText, JSON.object(stored.checkpoint.meta)),
    ] where value.databaseText != text {
      throw Difference(
        table: "checkpoints", row: stored.checkpoint.id, column: column, stored: String(decoding: text, as: UTF8.self),
        recomputed: String(decoding: value.databaseText, as: UTF8.self))
    }
  }

  private static func wallets(_ emission: JSON) -> Wallets {
    func provider(_ key: String) -> String? { emission[key]?.array?.first?["provider"]?.string }
    return Wallets(
      crunch: emission["crunch"]?.string ?? "", compute: provider("compute_provider_rewards"),
      data: provider("data_provider_rewards"))
  }

  /// The models with the names that a ranking gives them.
  private static func named(_ models: [Model], by ranking: JSON?) -> [Model] {
    let rows = Dictionary(
      (ranking?.array ?? []).map { ($0["model_id"]?.string ?? "", $0) }, uniquingKeysWith: { first, _ in first })
    return models.map { model in
      var named = model
      if let row = rows[model.id] {
        named.name = row["model_name"]?.string ?? model.name
        named.playerName = row["cruncher_name"]?.string ?? model.playerName
      }
      return named
    }
  }
}
