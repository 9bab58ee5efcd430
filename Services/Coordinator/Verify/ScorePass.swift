import Competition
import Store

/// Goes through all scores in order of time, a window of whole buckets after the other: truths, scores, and the snapshots
/// that follow. What is held at a time are two pages of scores, one of snapshots, and the results of one model's bucket.
struct ScorePass: Sendable {
  let view: EvidenceView
  let span: EvidenceView.Span
  let check: ScoreCheck
  let progress: VerificationProgress
  private var truths: TruthCheck
  private(set) var report: VerificationReport

  private let book: ContractBook
  private var figures: FigureCheck?
  private var snapshots: SnapshotQueue
  private var current: BucketCheck?
  /// Of the bucket at hand, where figures are checked: they follow from all of its models.
  private var held: [(check: BucketCheck, stored: EvidencedSnapshot?)] = []
  private var answers: [ScoredAnswer] = []
  private var sealedUntil = EvidenceView.Span.all.start

  /// Scores of a window, about; a bucket is never cut. The server sorts as many at a time.
  private static let windowScores = 100_000

  init(
    view: EvidenceView, span: EvidenceView.Span, book: ContractBook, truths: TruthCheck,
    progress: VerificationProgress, report: VerificationReport
  ) {
    self.view = view
    self.span = span
    self.book = book
    check = ScoreCheck(book: book)
    self.truths = truths
    self.progress = progress
    self.report = report
    snapshots = SnapshotQueue(view)
  }

  mutating func run() async throws {
    let buckets = try await view.buckets(span)
    sealedUntil = try await view.sealedUntil() ?? EvidenceView.Span.all.start
    // With a bound given, the buckets that ended within it; else all there is, also what is not sealed yet.
    let isBounded = span != .all
    var start = isBounded ? buckets.first?.start ?? span.end : span.start
    let end = isBounded ? buckets.last?.end ?? span.end : span.end
    figures = try await FigureCheck(book, view: view, from: start)
    while start < end {
      let next = try await windowEnd(from: start, before: end, buckets)
      let inside = Array(buckets[buckets.count(before: start)..<buckets.count(before: next)])
      try await window(from: start, before: next, inside)
      start = next
    }
  }

  /// The start of the bucket that the window ends before.
  private func windowEnd(
    from start: Timestamp, before end: Timestamp, _ buckets: [Bucket]
  ) async throws -> Timestamp {
    guard let time = try await view.bucket(after: Self.windowScores, from: start, before: end) else { return end }
    let next = Timestamp(microseconds: time.microseconds + 1)
    guard let bucket = buckets[..<buckets.count(before: next)].last, bucket.contains(time) else {
      return time > start ? time : next
    }
    return bucket.start > start ? bucket.start : bucket.end
  }

  private mutating func window(
    from start: Timestamp, before end: Timestamp, _ buckets: [Bucket]
  ) async throws {
    let view = view
    try await view.openSnapshots(from: start, before: end)
    try await view.openScores(from: start, before: end, buckets: buckets)
    snapshots.begin()
    var index = 0
    var page = try await view.nextScores()
    while !page.isEmpty {
      // The server reads on meanwhile.
      async let following = view.nextScores()
      try await take(page, buckets, &index)
      page = try await following
    }
    try await finishModel()
    try await finishBucket()
    try await snapshots.finish()
    report.count("snapshots", snapshots.verified)
    report.skip("snapshots that were sealed without evidence", snapshots.withoutEvidence)
  }

  /// - Parameter index: of the last bucket that has begun.
  private mutating func take(
    _ scores: [EvidencedScore], _ buckets: [Bucket], _ index: inout Int
  ) async throws {
    try await truths.look(at: scores, &report)
    for (score, finding) in zip(scores, try await check.findings(scores)) {
      let truth = truths.findings[TaskKey(inputID: score.inputID, scopeKey: score.scopeKey)]
      if let reason = finding.notCovered { report.skip(reason) } else { report.count(finding.counted) }
      while index + 1 < buckets.count, buckets[index + 1].start <= score.periodStart { index += 1 }
      let isInside = buckets.indices.contains(index) && buckets[index].contains(score.periodStart)
      if !isInside, score.periodStart >= sealedUntil {
        // Not sealed yet: nothing follows from it that does not change.
        report.skip("outputs of scores that are not sealed yet, beyond what their scores say of them")
        if case .differs(let difference, let source) = truth {
          throw BucketCheck.blame(difference, source, isAsSealed: false)
        }
        if let difference = finding.difference { throw difference }
        continue
      }
      // One that is in no bucket stands alone: it must have failed.
      let bucket =
        isInside ? buckets[index] : Bucket(start: score.periodStart, end: score.periodStart)
      if current?.modelID != score.modelID || current?.bucket != bucket {
        try await finishModel()
        if current?.bucket != bucket, held.last?.check.bucket != bucket { try await finishBucket() }
        current = BucketCheck(modelID: score.modelID, bucket: bucket)
      }
      current?.add(score, finding, truth: truth)
      if figures != nil { answers.append(try score.answer) }
    }
    progress.say("\(report.verified["scores"] ?? 0) scores, up to \(scores.last?.periodStart ?? span.end)")
  }

  private mutating func finishModel() async throws {
    guard let done = current else { return }
    current = nil
    let stored = try await snapshots.take(modelID: done.modelID, bucket: done.bucket)
    guard figures == nil else { return held.append((done, stored)) }
    try done.checkScores(stored)
    if let stored { try await checkSummary(done, stored, FigureCheck.Metrics()) }
  }

  /// Rows that are at fault before what follows from them.
  private mutating func finishBucket() async throws {
    defer { (held, answers) = ([], []) }
    guard let bucket = held.first?.check.bucket else { return }
    for model in held { try model.check.checkScores(model.stored) }
    let metrics =
      try await figures?.metrics(of: bucket, answers, held.compactMap { $0.stored?.snapshot }, &report)
      ?? FigureCheck.Metrics()
    for model in held {
      guard let stored = model.stored else { continue }
      try await checkSummary(model.check, stored, metrics)
    }
  }

  private mutating func checkSummary(
    _ check: BucketCheck, _ stored: EvidencedSnapshot, _ metrics: FigureCheck.Metrics
  ) async throws {
    let snapshot = stored.snapshot
    let contract = try book.contract(of: snapshot.meta, table: "snapshots", row: snapshot.id)
    let aggregator = await book.functions(of: contract).aggregator
    try await check.checkSummary(snapshot, by: aggregator, metrics: metrics, &report)
    guard stored.contentHash != nil, snapshot.evidenceDigest == nil else { return }
    throw Difference(
      table: "snapshots", row: snapshot.id, column: "meta_jsonb", stored: JSON.object(snapshot.meta).text,
      recomputed: "\(Snapshot.evidenceKey): each seal that makes a hash makes a digest")
  }
}

extension [Bucket] {
  /// How many of these, which are in order of time, start before a time.
  fileprivate func count(before time: Timestamp) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].start < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
