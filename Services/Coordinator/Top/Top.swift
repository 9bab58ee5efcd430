import ArgumentParser
import Competition
import Diagnosis
import ServiceKit

struct Top: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows streams, workers, rates and ages, anew every second, until Ctrl-C.",
    discussion: """
      lag: entries that nobody has taken yet. pending: entries that a worker has and has not acknowledged. backlog: all that
      is due and not scored. in/s and out/s: entries that came and that were finished. What one server does not tell while
      it is away is left out, and the other's is shown.
      """)
  @Flag(help: "Print one frame, after a second in which the rates are taken, and end.")
  var once = false
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let connection = try Connection()
    if once { return try await printOnce(connection) }
    let isScreen = Terminal.isInteractive && !output.json
    let signals = await StopSignals()
    if isScreen { Terminal.write(Screen.open) }
    let drawing = Task { [output] in
      var rates = PipelineRates()
      while !Task.isCancelled {
        let look = await PipelineLook.take(bus: connection.bus, store: connection.store)
        rates.note(look)
        let frame = TopFrame(look: look, rates: rates)
        guard !Task.isCancelled else { return }
        if output.json {
          Terminal.json(frame.json)
        } else {
          Terminal.write(isScreen ? Screen.draw(frame.lines) : frame.lines.joined(separator: "\n") + "\n\n")
        }
        await rest(.seconds(1))
      }
    }
    await signals.wait(seconds: nil)
    drawing.cancel()
    if isScreen { Terminal.write(Screen.close) }
  }

  private func printOnce(_ connection: Connection) async throws {
    var rates = PipelineRates()
    rates.note(await PipelineLook.take(bus: connection.bus, store: connection.store))
    try await Task.sleep(for: .seconds(1))
    let look = await PipelineLook.take(bus: connection.bus, store: connection.store)
    rates.note(look)
    let frame = TopFrame(look: look, rates: rates)
    output.json ? Terminal.json(frame.json) : Terminal.line(frame.lines.joined(separator: "\n"))
    if !look.problems.isEmpty { throw ExitCode(1) }
  }

  /// What a terminal understands: a screen of its own, so that what was there before comes back afterwards.
  private enum Screen {
    static let open = "\u{1B}[?1049h\u{1B}[?25l"
    static let close = "\u{1B}[?25h\u{1B}[?1049l"

    /// Overwrites line by line: nothing flickers.
    static func draw(_ lines: [String]) -> String {
      "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }
  }
}
