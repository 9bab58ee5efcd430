import ArgumentParser
import Competition
import Diagnosis
import ServiceKit

struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells the whole life of anything by its id: what happened when, why it is where it is, what is next.",
    discussion: """
      An id of an input, prediction, score, snapshot, checkpoint, leaderboard, config, model, feed record or round; a watermark
      (source:subject:kind:granularity); an entry of a stream (1771000000000-0); the number of a dead letter; the name of
      a worker. What one server does not tell while it is away is told without it, with exit code 1.
      """)
  @Argument(help: "The id.") var id: String
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let connection = try Connection()
    let inquiry = Inquiry(store: connection.store, bus: connection.bus, settings: try ExplainSettings.read())
    let stories = await inquiry.stories(of: id)
    for story in stories.told {
      output.json ? Terminal.json(story.json) : Terminal.line(story.text)
    }
    for problem in stories.problems { Terminal.complain(problem) }
    if stories.told.isEmpty, stories.problems.isEmpty {
      Terminal.complain("nothing is known of \(id); `coordinator explain --help` says what it may be the id of")
    }
    if stories.told.isEmpty || !stories.problems.isEmpty { throw ExitCode(1) }
  }
}
