import Competition

/// How the streams stand, counted now: also right after a trim, a flush or a group that was made anew, when Redis' own
/// figures are wrong.
public struct BusStatus: Sendable, Hashable {
  public struct Group: Sendable, Hashable {
    public var name: String
    /// Entries handed out and not acknowledged.
    public var pending: Int
    /// Entries in the stream that were not handed out yet.
    public var lag: Int
    public var consumers: Int
    /// When the oldest entry was added that was not handed out yet.
    public var oldestUnread: Timestamp?
    /// When the oldest entry was added that is handed out and not acknowledged.
    public var oldestPending: Timestamp?

    public init(
      name: String, pending: Int, lag: Int, consumers: Int, oldestUnread: Timestamp?, oldestPending: Timestamp?
    ) {
      self.name = name
      self.pending = pending
      self.lag = lag
      self.consumers = consumers
      self.oldestUnread = oldestUnread
      self.oldestPending = oldestPending
    }

    public var oldestUnfinished: Timestamp? { [oldestUnread, oldestPending].compactMap { $0 }.min() }
  }

  public struct Stream: Sendable, Hashable {
    public var stream: BusStream
    public var length: Int
    /// Entries of kinds or versions that no worker here reads.
    public var parked: Int
    public var groups: [Group]

    /// The one that the node itself reads the stream with.
    public var group: Group? { groups.first { $0.name == stream.group.rawValue } }
  }

  public var streams: [Stream]
  /// Tasks that wait for their time.
  public var delayed: Int
  /// Those of them whose time has come, and that had no room in the stream yet.
  public var overdue: Int
  public var nextDue: Timestamp?
  /// The bus's clock; ages count from it.
  public var now: Timestamp

  /// Tasks that are due and not finished, wherever they are: what to scale score workers by.
  /// Without its group nobody has taken anything of the stream.
  public var backlog: Int {
    let unfinished =
      group(of: .predictionsPending).map { $0.lag + $0.pending } ?? stream(.predictionsPending)?.length ?? 0
    return overdue + unfinished
  }

  public func stream(_ stream: BusStream) -> Stream? { streams.first { $0.stream == stream } }

  /// The group that the node itself reads a stream with.
  public func group(of stream: BusStream) -> Group? { self.stream(stream)?.group }
}

/// An entry that is handed out and not acknowledged.
public struct PendingEntry: Sendable, Hashable {
  public var id: EntryID
  public var consumer: String
  /// Since it was handed out, or its lease was renewed.
  public var idle: Duration
  public var deliveries: Int

  public init(id: EntryID, consumer: String, idle: Duration, deliveries: Int) {
    self.id = id
    self.consumer = consumer
    self.idle = idle
    self.deliveries = deliveries
  }
}

/// A member of a group.
public struct ConsumerInfo: Sendable, Hashable {
  public var name: String
  public var pending: Int
  /// Since it last asked for anything.
  public var idle: Duration
}

/// What a worker says of itself, for people who look and for the janitor who cleans up after the dead.
public struct WorkerNote: Sendable, Hashable {
  /// Unique per process start.
  public var name: String
  /// The executable, such as `score-worker`.
  public var service: String
  public var startedAt: Timestamp
  /// When it said so.
  public var seenAt: Timestamp
  /// What it does now, in a word or two: `working`, `paused`, `waiting for PostgreSQL`.
  public var state: String
  /// Whether it has the duties that one of its kind has.
  public var leads: Bool
  /// Entries handled since it started.
  public var handled: Int
  /// What happened to entries since it started.
  public var tally: WorkTally

  public init(
    name: String, service: String, startedAt: Timestamp, seenAt: Timestamp, state: String, leads: Bool, handled: Int,
    tally: WorkTally = WorkTally()
  ) {
    self.name = name
    self.service = service
    self.startedAt = startedAt
    self.seenAt = seenAt
    self.state = state
    self.leads = leads
    self.handled = handled
    self.tally = tally
  }

  var text: String {
    let object: JSONObject = [
      "name": .string(name), "service": .string(service), "started_at": .string(startedAt.iso8601(.z)),
      "seen_at": .string(seenAt.iso8601(.z)), "state": .string(state), "leads": .bool(leads),
      "handled": JSON(handled), "entries": tally.json,
    ]
    return JSON.object(object).text
  }

  /// nil when the text is not a note.
  init?(text: String) {
    let parsed: JSON
    do { parsed = try JSON(parsing: text) } catch { return nil }
    guard let name = parsed["name"]?.string, let service = parsed["service"]?.string,
      let started = parsed["started_at"]?.string.flatMap(Timestamp.init(iso8601:)),
      let seen = parsed["seen_at"]?.string.flatMap(Timestamp.init(iso8601:))
    else { return nil }
    self.init(
      name: name, service: service, startedAt: started, seenAt: seen, state: parsed["state"]?.string ?? "",
      leads: parsed["leads"] == .bool(true), handled: Int(parsed["handled"]?.int ?? 0),
      tally: WorkTally(parsed["entries"]))
  }
}
