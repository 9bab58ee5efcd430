import Bus
import Competition
import Metrics

/// Figures of the streams for whoever scrapes: taken when they are asked for, so that they are true right after a trim, a
/// flush or a group that was made anew. While Redis is away there are none but `coordinator_redis_up 0`.
actor BusGauges {
  private let bus: any Bus
  private var meters: [String: Meter] = [:]
  private var takenAt: Duration?

  init(bus: any Bus) { self.bus = bus }

  /// Takes the figures, unless they are less than a second old.
  func refresh() async {
    let now = Surrounding.current.uptime
    if let takenAt, now - takenAt < .seconds(1) { return }
    takenAt = now
    do {
      let figures = Self.figures(try await bus.status(), workers: try await bus.workers())
      for (key, meter) in meters where figures[key] == nil {
        meter.destroy()
        meters[key] = nil
      }
      for (key, figure) in figures {
        let meter = meters[key] ?? Meter(label: figure.label, dimensions: figure.dimensions)
        meters[key] = meter
        meter.set(figure.value)
      }
      Meter(label: "coordinator_redis_up").set(1)
    } catch {
      for meter in meters.values { meter.destroy() }
      meters = [:]
      Meter(label: "coordinator_redis_up").set(0)
    }
  }

  struct Figure {
    var label: String
    var dimensions: [(String, String)]
    var value: Double
  }

  /// By label and dimensions.
  static func figures(_ status: BusStatus, workers: [WorkerNote]) -> [String: Figure] {
    var figures: [String: Figure] = [:]
    func set(_ label: String, _ value: Double?, _ dimensions: [(String, String)] = []) {
      guard let value else { return }
      let key = label + dimensions.map { ",\($0.0)=\($0.1)" }.joined()
      figures[key] = Figure(label: "coordinator_" + label, dimensions: dimensions, value: value)
    }
    for stream in status.streams {
      let name = [("stream", stream.stream.rawValue)]
      set("stream_length", Double(stream.length), name)
      set("stream_parked", Double(stream.parked), name)
      for group in stream.groups {
        let both = name + [("group", group.name)]
        set("group_lag", Double(group.lag), both)
        set("group_pending", Double(group.pending), both)
        set("group_consumers", Double(group.consumers), both)
        set("group_oldest_unread_seconds", group.oldestUnread.map { status.now.seconds(since: $0) } ?? 0, both)
        set("group_oldest_pending_seconds", group.oldestPending.map { status.now.seconds(since: $0) } ?? 0, both)
      }
    }
    set("tasks_delayed", Double(status.delayed))
    set("tasks_overdue", Double(status.overdue))
    set("backlog", Double(status.backlog))
    for (service, notes) in Dictionary(grouping: workers, by: \.service) {
      set("workers", Double(notes.count), [("service", service)])
    }
    return figures
  }
}
