import Competition

/// A slot whose row is committed, with the time that its predictions' ids carry.
struct OpenSlot: Sendable {
  var slot: PredictionSlot
  /// The models to ask: those connected when the slot was opened.
  var modelIDs: [String]
  /// Start of the slot; the dispatch, when the config that tells the interval is gone.
  var time: Timestamp

  init(_ slot: PredictionSlot, modelIDs: [String], configs: [ScheduledPredictionConfig]) {
    self.slot = slot
    self.modelIDs = modelIDs
    let config = configs.first { $0.id == slot.configID }
    time =
      config.map { Timestamp(seconds: slot.slot * Int64($0.schedule.predictionIntervalSeconds)) } ?? slot.performedAt
  }

  /// What names the slot.
  struct ID: Hashable, Sendable {
    var configID: String
    var subject: String
    var slot: Int64
  }

  var id: ID { Self.id(of: slot) }

  static func id(of slot: PredictionSlot) -> ID {
    ID(configID: slot.configID, subject: slot.subject, slot: slot.slot)
  }
}
