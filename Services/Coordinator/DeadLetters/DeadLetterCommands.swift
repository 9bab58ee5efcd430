import ArgumentParser
import Competition
import Store

struct DeadLetters: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dlq", abstract: "Looks at dead letters: work that was given up, and entries that nobody could read.",
    subcommands: [List.self, Peek.self, Replay.self, Discard.self], defaultSubcommand: List.self)
}

extension DeadLetters {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "Lists dead letters, the newest first.")
    @Option(name: .shortAndLong, help: "How many.") var count = 20
    @Flag(help: "Also those that were replayed or discarded.") var all = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let letters = try await Connection().store.deadLetters.list(limit: count, includesResolved: all)
      if output.json {
        for letter in letters { Terminal.json(LetterText.json(letter)) }
        return
      }
      if letters.isEmpty { return Terminal.line("no dead letters") }
      Terminal.line(
        Terminal.table(
          ["id", "when", "stream", "kind", "deliveries", "cause"],
          letters.map { letter in
            [
              String(letter.id), letter.createdAt.description, letter.stream, letter.resolution ?? letter.kind,
              String(letter.deliveries), String(letter.cause.prefix(80)),
            ]
          }, right: [0, 4]))
      Terminal.line("\n`coordinator dlq peek ID` shows one whole; `replay ID` tries again, `discard ID` sets it aside")
    }
  }

  struct Peek: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows a dead letter whole.")
    @Argument(help: "Id of the letter.") var id: Int64
    @OptionGroup var output: OutputOptions

    func run() async throws {
      guard let letter = try await Connection().store.deadLetters.letter(id: id) else { throw Self.unknown(id) }
      Terminal.line(output.json ? LetterText.json(letter).text : LetterText.text(letter))
    }

    static func unknown(_ id: Int64) -> ExitCode {
      Terminal.complain("there is no dead letter \(id); `coordinator dlq ls` lists them")
      return ExitCode(1)
    }
  }

  struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tries the work of dead letters again.",
      discussion: """
        The predictions that ended with the letter, and those of its task whose scoring failed, are PENDING again; the
        leading score worker publishes them within seconds. Their scores go into the first bucket that is not sealed. An
        entry that could not be read has nothing to reopen: what it was about was published again when it was found.
        """)
    @OptionGroup var letters: LetterChoice
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let store = try Connection().store.deadLetters
      try await letters.each(in: store, json: output.json) { letter in
        guard let reopened = try await store.replay(id: letter.id) else { return nil }
        return ("replayed, \(reopened) predictions reopened", ["reopened": JSON(reopened)])
      }
    }
  }

  struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sets dead letters aside; what they ended stays as it is.")
    @OptionGroup var letters: LetterChoice
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let store = try Connection().store.deadLetters
      try await letters.each(in: store, json: output.json) { letter in
        try await store.discard(id: letter.id) ? ("discarded", ["discarded": true]) : nil
      }
    }
  }
}

/// Which letters a command is about.
struct LetterChoice: ParsableArguments {
  @Argument(help: "Ids of letters.") var ids: [Int64] = []
  @Flag(help: "All that nobody has resolved.") var all = false

  func validate() throws {
    guard all != !ids.isEmpty else { throw ValidationError("name ids of letters, or give --all") }
  }

  /// Does something with each letter and says what came of it. Exit code 1 when one is not there or is resolved already;
  /// the others are done all the same.
  /// - Parameter work: answers nil when somebody else was first.
  func each(
    in store: DeadLetterStore, json: Bool,
    _ work: (DeadLetter) async throws -> (text: String, json: JSONObject)?
  ) async throws {
    var failed = false
    var letters: [DeadLetter] = []
    if all {
      letters = try await store.list(limit: 1_000_000)
      if letters.isEmpty, !json { Terminal.line("no dead letters") }
    }
    for id in ids {
      if let letter = try await store.letter(id: id) {
        letters.append(letter)
      } else {
        _ = DeadLetters.Peek.unknown(id)
        failed = true
      }
    }
    for letter in letters {
      if letter.resolution == nil, let outcome = try await work(letter) {
        if json { Terminal.json(.object((["id": .int(letter.id)] as JSONObject).merging(outcome.json))) }
        if !json { Terminal.line("\(letter.id): \(outcome.text)") }
      } else {
        Terminal.complain("\(letter.id) is \(letter.resolution ?? "resolved") already; nothing was done")
        failed = true
      }
    }
    if failed { throw ExitCode(1) }
  }
}

/// How a letter is written.
enum LetterText {
  static func text(_ letter: DeadLetter) -> String {
    var lines = [
      "letter \(letter.id)  \(letter.createdAt)", "  stream      \(letter.stream), entry \(letter.entryID)",
      "  kind        \(letter.kind)", "  cause       \(letter.cause)", "  deliveries  \(letter.deliveries)",
      "  worker      \(letter.worker)",
    ]
    if let resolution = letter.resolution {
      lines.append("  resolved    \(resolution)\(letter.resolvedAt.map { ", \($0)" } ?? "")")
    }
    lines.append("  entry")
    for field in letter.payload { lines.append("    \(field.key): \(field.value.string ?? field.value.text)") }
    return lines.joined(separator: "\n")
  }

  static func json(_ letter: DeadLetter) -> JSON {
    .object([
      "id": .int(letter.id), "stream": .string(letter.stream), "entry_id": .string(letter.entryID),
      "kind": .string(letter.kind), "cause": .string(letter.cause), "deliveries": JSON(letter.deliveries),
      "worker": .string(letter.worker), "created_at": .string(letter.createdAt.iso8601(.z)),
      "resolved_at": JSON(letter.resolvedAt?.iso8601(.z)), "resolution": JSON(letter.resolution),
      "payload": .object(letter.payload),
    ])
  }
}
