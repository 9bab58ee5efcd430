import Foundation
import UnixSignals

/// Waits for Ctrl-C or SIGTERM, or for the time to be up. A second signal ends the process where it stands; its children
/// end with it.
struct StopSignals {
  private let signals: UnixSignalsSequence

  init() async { signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm]) }

  func wait(seconds: Int?) async {
    let (stops, stop) = AsyncStream<Void>.makeStream()
    Task { [signals] in
      var count = 0
      for await _ in signals {
        count += 1
        if count > 1 { _exit(130) }
        stop.yield()
      }
    }
    let timer = Task {
      guard let seconds else { return }
      do { try await Task.sleep(for: .seconds(seconds)) } catch { return }
      stop.yield()
    }
    for await _ in stops { break }
    timer.cancel()
  }
}
