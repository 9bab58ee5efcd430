import Testing

@testable import Feeds

@Suite("Options of a provider")
struct FeedOptionsTests {
  @Test(
    "that are no numbers, or none that a time or a size can be made of, are refused by the variable's name",
    arguments: ["timeout_seconds", "weight_limit", "depth_limit"], ["1e30", "-1", "nan", "inf", "fast"])
  func numbers(name: String, value: String) throws {
    let error = #expect(throws: FeedError.self) { try BinanceProvider(FeedOptions([name: value])) }
    let reason = try #require(error).reason
    #expect(reason.contains("FEED_OPT_\(name.uppercased()) is \"\(value)\""))
    #expect(reason.contains("to 1000000000"))
  }

  @Test(
    "that are the largest there are make a provider", arguments: ["timeout_seconds", "weight_limit", "depth_limit"])
  func largest(name: String) throws {
    #expect(throws: Never.self) { try BinanceProvider(FeedOptions([name: "1e9"])) }
  }
}
