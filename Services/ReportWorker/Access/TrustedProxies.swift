import Foundation

/// Proxies whose word counts: what they say in `X-Forwarded-For` is the address of who asks. Of anybody else it is ignored, since
/// anybody can say so.
struct TrustedProxies: Sendable {
  /// What is no address and no block of them.
  struct Unreadable: Error, Sendable, Hashable, CustomStringConvertible {
    var text: String
    var description: String {
      "API_TRUSTED_PROXIES: \"\(text)\" is no address and no block of addresses; write 10.0.0.7 or 172.18.0.0/16"
    }
  }

  /// The first bits of addresses.
  private struct Block: Sendable {
    var bytes: [UInt8]
    var bits: Int

    func contains(_ address: [UInt8]) -> Bool {
      guard address.count == bytes.count else { return false }
      return (0..<bits).allSatisfy { bit in
        let mask: UInt8 = 0x80 >> UInt8(bit % 8)
        return address[bit / 8] & mask == bytes[bit / 8] & mask
      }
    }
  }

  private let blocks: [Block]

  /// Nobody's.
  init() { blocks = [] }

  /// - Parameter texts: addresses, or blocks of them such as `172.18.0.0/16`.
  init(_ texts: [String]) throws(Unreadable) {
    var blocks: [Block] = []
    for text in texts {
      let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard let bytes = Self.bytes(of: String(parts[0])),
        let bits = parts.count == 1 ? bytes.count * 8 : Int(parts[1]), (0...bytes.count * 8).contains(bits)
      else { throw Unreadable(text: text) }
      blocks.append(Block(bytes: bytes, bits: bits))
    }
    self.blocks = blocks
  }

  /// Who asks: the peer, or where that is a proxy of ours, the last address that it names and that is none.
  /// - Parameter headers: each `X-Forwarded-For`, to whose end every proxy adds whom it heard it from.
  func client(of peer: String, forwardedFor headers: [String]) -> String {
    guard isTrusted(peer) else { return peer }
    let named = headers.flatMap { $0.split(separator: ",") }.map { String($0.trimmed) }
    for address in named.reversed() where !isTrusted(address) {
      // What is no address is nobody: the proxy that passed it on answers for it.
      return Self.bytes(of: address) == nil ? peer : address
    }
    return named.first ?? peer
  }

  private func isTrusted(_ address: String) -> Bool {
    guard !blocks.isEmpty, let bytes = Self.bytes(of: address) else { return false }
    return blocks.contains { $0.contains(bytes) }
  }

  /// The bytes of an IPv4 or IPv6 address, an IPv4 one that is written as IPv6 (`::ffff:10.0.0.7`) as what it is.
  private static func bytes(of address: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, address, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
    var six = in6_addr()
    guard inet_pton(AF_INET6, address, &six) == 1 else { return nil }
    let bytes = withUnsafeBytes(of: six) { Array($0) }
    return bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) ? Array(bytes.suffix(4)) : bytes
  }
}
