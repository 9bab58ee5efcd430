import ServiceKit

extension ReportSettings {
  /// What the server needs, of the competition `crunchID`.
  func configuration(crunchID: String) -> ReportServer.Configuration {
    ReportServer.Configuration(
      host: host, port: port, identity: CrunchIdentity(crunchID: crunchID, address: crunchPubkey, network: network),
      access: AccessPolicy(
        key: apiKey?.trimmedKey, readsNeedKey: readsNeedKey, publicPrefixes: publicPrefixes,
        adminPrefixes: adminPrefixes),
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
