import Bus
import Competition
import Diagnosis

/// How the streams and workers stand, in figures that clients draw.
struct PipelineFigures: Sendable {
  var look: PipelineLook
  var rates: PipelineRates

  var message: LiveMessage { LiveMessage(.streams) { write(into: &$0) } }

  private func write(into text: inout JSONText) {
    let status = look.streams?.status
    text.member("at", status?.now.json(.z) ?? .null)
    text.member("backlog", JSON(status?.backlog))
    text.member("delayed", JSON(status?.delayed))
    text.member("overdue", JSON(status?.overdue))
    text.member("next_due", (status?.nextDue).json(.z))
    text.member("dead_letters", JSON(look.deadLetters))
    text.key("streams")
    text.array(status?.streams ?? []) { text, stream in text.object { write(stream, status, into: &$0) } }
    text.key("workers")
    text.array(look.streams?.workers ?? []) { text, worker in text.object { write(worker, into: &$0) } }
    text.key("problems")
    text.array(look.problems) { $0.value(.string($1)) }
  }

  private func write(_ stream: BusStatus.Stream, _ status: BusStatus?, into text: inout JSONText) {
    let group = status?.group(of: stream.stream)
    let flow = rates.flows[stream.stream]
    func age(_ time: Timestamp?) -> JSON {
      JSON(finite: time.flatMap { time in status.map { max(0, $0.now.seconds(since: time)) } })
    }
    text.member("stream", .string(stream.stream.rawValue))
    text.member("length", JSON(stream.length))
    text.member("parked", JSON(stream.parked))
    text.member("lag", JSON(group?.lag))
    text.member("pending", JSON(group?.pending))
    text.member("consumers", JSON(group?.consumers))
    text.member("oldest_unread_seconds", age(group?.oldestUnread))
    text.member("oldest_pending_seconds", age(group?.oldestPending))
    text.member("in_per_second", JSON(finite: flow?.added))
    text.member("out_per_second", JSON(finite: flow?.finished))
    text.member("paused", JSON(look.pauses?.first { $0.stream == stream.stream.rawValue }?.reason))
  }

  private func write(_ worker: WorkerNote, into text: inout JSONText) {
    text.member("name", .string(worker.name))
    text.member("service", .string(worker.service))
    text.member("state", .string(worker.state))
    text.member("leads", .bool(worker.leads))
    text.member("handled", JSON(worker.handled))
    text.member("handled_per_second", JSON(finite: rates.workers[worker.name]))
    text.member("started_at", worker.startedAt.json(.z))
    text.member("seen_at", worker.seenAt.json(.z))
  }
}

extension JSON {
  fileprivate init(_ count: Int?) { self = count.map { .int(Int64($0)) } ?? .null }
}
