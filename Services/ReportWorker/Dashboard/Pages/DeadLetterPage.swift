import Competition
import Store

// What was given up, and another try: /dead-letters.

extension Dashboard {
  private static let listed = 200

  var deadLetterPages: [Route] {
    [
      page("/dead-letters", guardedAs: "/reports/dead-letters", "What was given up.") { request in
        let showsAll = request.text("all") != nil
        let letters = try await store.deadLetters.list(limit: Self.listed, includesResolved: showsAll)
        let asked = Set(try await store.commands.open(.replayDeadLetter, limit: Self.listed).map(\.target))
        let message = try await outcome(request)
        let view = DeadLettersView(
          message: message?.text, messageTone: message?.tone ?? "", showsAll: showsAll, hasLetters: !letters.isEmpty,
          letters: letters.map {
            LetterLine(
              $0, isAsked: asked.contains(String($0.id)), mayReplay: request.visitor.mayChange, now: request.time)
          })
        return Content(title: "Dead letters", section: .deadLetters, template: .deadLetters, view: view)
      },
      form("/dead-letters/{id}/replay", guardedAs: "/reports/dead-letters/", "Has a dead letter replayed.") {
        request, _ in
        let command = try await api.replay(request)
        return .seeOther("/dead-letters?command=\(command.id.percentEncoded)")
      },
    ]
  }

  /// What became of what this browser asked for.
  private func outcome(_ request: APIRequest) async throws -> (text: String, tone: String)? {
    guard let id = request.text("command"), let command = try await store.commands.command(id: id) else { return nil }
    let name = "Dead letter \(command.target)"
    switch command.state {
    case "done":
      let count = Int(command.result["reopened"]?.int ?? 0)
      return ("\(name) is replayed: \(Shown.count(count)) predictions wait for their score again.", "done")
    case "failed":
      return ("\(name) was not replayed: \(command.result["reason"]?.string ?? "no reason is kept").", "alert")
    default: return ("\(name) will be replayed as soon as a score worker leads.", "done")
    }
  }
}

private struct DeadLettersView {
  var message: String?
  var messageTone: String
  var showsAll: Bool
  var hasLetters: Bool
  var letters: [LetterLine]
}

private struct LetterLine {
  var id: String
  var story: String
  var since: ShownTime
  var stream: String
  var entry: String
  var cause: String
  /// What it was about.
  var about: String
  var deliveries: String
  var resolution: String?
  var isAsked: Bool
  var mayReplay: Bool

  init(_ letter: DeadLetter, isAsked: Bool, mayReplay: Bool, now: Timestamp) {
    id = String(letter.id)
    story = "/explain?id=\(letter.id)"
    since = ShownTime(letter.createdAt, now: now)
    (stream, entry, cause) = (letter.stream, letter.entryID, letter.cause)
    about = ["input_id", "scope_key"].compactMap { letter.payload[$0]?.string }.joined(separator: " · ")
    deliveries = Shown.count(letter.deliveries)
    resolution = letter.resolution
    self.isAsked = isAsked
    self.mayReplay = mayReplay
  }
}
