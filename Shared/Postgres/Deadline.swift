import Dispatch

/// A moment on the monotonic clock.
struct Deadline {
  let seconds: Double
  private let start = DispatchTime.now().uptimeNanoseconds
  init(seconds: Double) { self.seconds = seconds }
  var remaining: Double { seconds - Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9 }
}
