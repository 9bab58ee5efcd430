import Callables
import Competition

public struct CheckpointSettings: Sendable {
  public var contract: CrunchContract
  public var intervalSeconds: Int
  public var wallets: Wallets
  public var python: PythonLimits

  public init(_ reader: inout SettingsReader) {
    contract = reader.contract()
    intervalSeconds = reader.value(
      .integer("CHECKPOINT_INTERVAL_SECONDS", default: 604_800, in: 1...31_536_000, "Length of a checkpoint's period."))
    python = reader.python(timeoutSeconds: 60)
    let own = contract.wallets
    wallets = Wallets(
      crunch: reader.value(.crunchPubkey) ?? own.crunch,
      compute: reader.value(
        .optionalText(
          "COMPUTE_PROVIDER_PUBKEY", example: "4tUv…",
          "Wallet of the compute provider; without it the contract's, else no reward.")) ?? own.compute,
      data: reader.value(
        .optionalText(
          "DATA_PROVIDER_PUBKEY", example: "7mNp…",
          "Wallet of the data provider; without it the contract's, else no reward.")) ?? own.data)
  }
}
