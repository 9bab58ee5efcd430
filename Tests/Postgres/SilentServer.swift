import Foundation

/// Takes connections on a free port of loopback and never says a word.
struct SilentServer {
  let port: Int
  private let descriptor: Int32

  struct Failure: Error { var code: Int32 }

  init() throws {
    #if canImport(Glibc)
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 && listen(descriptor, 8) == 0
          && getsockname(descriptor, generic, &length) == 0
      }
    }
    guard bound else { throw Failure(code: errno) }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  func close() { _ = Foundation.close(descriptor) }
}
