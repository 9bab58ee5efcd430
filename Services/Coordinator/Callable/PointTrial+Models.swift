import Callables
import Competition
import Store

// What models are shown, and what they answered.
extension PointTrial {
  /// Windows that end at each of the newest records of the feeds.
  func inputs() async throws -> Report {
    let reference = try reference(contract.callables.inferenceInput)
    let builder = try await InputBuilder(
      reference, shapes: contract.shapes, limits: limits, logger: Terminal.silence)
    let size = settings.feed.windowRecords
    let perFeed = max(1, min(limit, 100) / max(1, settings.feed.keys.count))
    var windows: [(subject: String, raw: JSONObject)] = []
    for key in settings.feed.keys {
      let records = try await store.feeds.newest(of: key, limit: size + perFeed - 1)
      for end in records.indices.suffix(perFeed).reversed() {
        let window = Array(records[max(0, end + 1 - size)...end])
        windows.append(
          (
            "\(RecordIDs.watermark(key)) at \(records[end].eventTime)",
            ModelInput.candles(window: window, subject: key.subject, now: records[end].eventTime)
          ))
      }
    }
    let began = ContinuousClock.now
    var rows: [Row] = []
    for (subject, raw) in windows {
      do { rows.append(Row(subject: subject, now: .object(try await builder.input(raw)))) } catch {
        rows.append(Row(subject: subject, failure: "\(error)"))
      }
    }
    return report(reference, rows, since: began)
  }

  /// The outputs of predictions that have a score, which were looked at already.
  func outputs() async throws -> Report {
    let reference = try reference(contract.callables.inferenceOutput)
    let validator = try await OutputValidator(
      reference, fields: contract.output, limits: limits, logger: Terminal.silence)
    let samples = try await store.scores.newestSamples(limit: min(limit, 1_000))
    let began = ContinuousClock.now
    var rows: [Row] = []
    for sample in samples {
      var row = Row(subject: sample.predictionID, stored: .object(sample.output))
      do { row.now = .object(try await validator.output(sample.output)) } catch {
        row.failure = (error as? OutputRefusal)?.reason ?? "\(error)"
      }
      rows.append(row)
    }
    return report(reference, rows, since: began)
  }
}
