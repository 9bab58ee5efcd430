import Diagnosis
import ServiceKit

/// What the report worker reads: its own settings, and those of the workers whose decisions its pages explain.
struct ReportWorkerSettings: Sendable {
  var report: ReportSettings
  var explain: ExplainSettings

  init(_ reader: inout SettingsReader) {
    report = ReportSettings(&reader)
    explain = ExplainSettings(&reader)
  }
}
