import Foundation

/// How many connections the system lets this process have: a thousand listeners are more than many shells allow at first.
enum DescriptorLimit {
  /// Asks for as many as are allowed at all, up to what the server takes.
  static func raise(to wanted: UInt) {
    var limit = rlimit()
    guard getrlimit(descriptors, &limit) == 0, limit.rlim_cur < wanted else { return }
    limit.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
    _ = setrlimit(descriptors, &limit)
  }

  #if canImport(Glibc)
    private static let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    private static let descriptors = RLIMIT_NOFILE
  #endif
}
