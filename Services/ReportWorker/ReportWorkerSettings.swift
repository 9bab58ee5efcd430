import ServiceKit

/// What this worker reads from the environment.
struct ReportWorkerSettings: Sendable {
  var report: ReportSettings
  /// Sites whose pages may read answers.
  var origins: [String]

  init(_ reader: inout SettingsReader) {
    report = ReportSettings(&reader)
    origins = reader.value(
      .list(
        "API_CORS_ORIGINS", default: ["*"], example: "https://dashboard.example",
        "Sites whose pages may read the report API; * for all."))
  }

  /// What the server needs, of the competition `crunchID`.
  func configuration(crunchID: String) -> ReportServer.Configuration {
    ReportServer.Configuration(
      host: report.host, port: report.port,
      identity: CrunchIdentity(crunchID: crunchID, address: report.crunchPubkey, network: report.network),
      access: AccessPolicy(
        key: report.apiKey?.trimmedKey, readsNeedKey: report.readsNeedKey, publicPrefixes: report.publicPrefixes,
        adminPrefixes: report.adminPrefixes),
      origins: origins)
  }
}

extension String {
  /// A key of blanks is none.
  fileprivate var trimmedKey: String? {
    let key = Substring(self).trimmed
    return key.isEmpty ? nil : String(key)
  }
}
