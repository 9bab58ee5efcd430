import Competition
import Feeds
import ServiceKit

extension ReportSettings {
  /// What the server needs, of the competition `crunchID`.
  /// - Throws: `KeyFileError` when the file of keys is not right, `TrustedProxies.Unreadable` when a proxy has no address.
  func configuration(crunchID: String) throws -> ReportServer.Configuration {
    ReportServer.Configuration(
      host: host, port: port, identity: CrunchIdentity(crunchID: crunchID, address: crunchPubkey, network: network),
      access: AccessPolicy(
        keys: try keys(), readsNeedKey: readsNeedKey, publicPrefixes: publicPrefixes, adminPrefixes: adminPrefixes),
      origins: origins, requestsPerSecond: requestsPerSecond,
      proxies: try TrustedProxies(trustedProxies), feedSources: FeedRegistry.askable,
      dataDirectory: dataDirectory, showsTiming: showsTiming,
      commandWait: .seconds(commandWaitSeconds))
  }

  private func keys() throws -> KeyRing {
    let single = Substring(apiKey ?? "").trimmed
    // A key of blanks is none.
    let own = single.isEmpty ? [] : [KeyRing.Key(name: "API_KEY", secret: String(single), tier: .admin)]
    return KeyRing(own + (try keysFile.map(KeyFile.keys(at:)) ?? []))
  }
}
