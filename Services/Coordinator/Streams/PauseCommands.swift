import ArgumentParser
import Bus
import Competition
import Store

struct Pause: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stops the reading of a stream, until `coordinator resume`.",
    discussion: """
      Workers finish what they have and take nothing new within a second; that outlives restarts and a loss of Redis. What
      is published meanwhile waits. When BUS_STREAM_LENGTH entries wait, producers slow down: due tasks stay in the delayed
      set, and feed records are stored and not announced. No prediction is lost; but while feed.records is paused no slot
      opens, and missed slots are not made up.
      """)
  @Argument(help: "feed.records, predictions.pending or scores.ready") var stream: BusStream
  @Option(help: "Why, for those who wonder.") var reason = ""
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let isNew = try await Connection().store.pauses.pause(stream.rawValue, reason: reason)
    if output.json { return Terminal.json(.object(["paused": .bool(true), "was_paused": .bool(!isNew)])) }
    Terminal.line(
      isNew
        ? "\(stream.rawValue) is paused; `coordinator resume \(stream.rawValue)` lets it go on"
        : "\(stream.rawValue) was paused already")
  }
}

struct Resume: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Lets the reading of a paused stream go on.")
  @Argument(help: "feed.records, predictions.pending or scores.ready") var stream: BusStream
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let wasPaused = try await Connection().store.pauses.resume(stream.rawValue)
    if output.json { return Terminal.json(.object(["paused": .bool(false), "was_paused": .bool(wasPaused)])) }
    Terminal.line("\(stream.rawValue) \(wasPaused ? "goes on within a second" : "was not paused")")
  }
}
