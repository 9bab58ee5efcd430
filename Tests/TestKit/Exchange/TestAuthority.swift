import ChildProcesses
import Foundation

/// A certificate authority that lives for one test, and a certificate of it for 127.0.0.1 and localhost.
public struct TestAuthority: Sendable {
  public struct Failure: Error { var ending: String }

  private let folder: URL
  /// PEM file of the authority.
  public var authority: String { folder.appending(path: "ca.pem").path }
  public var certificate: String { folder.appending(path: "server.pem").path }
  public var key: String { folder.appending(path: "server.key").path }

  public static func make() async throws -> TestAuthority {
    let folder = FileManager.default.temporaryDirectory.appending(path: "authority-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let new = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    let script = """
      set -e; cd '\(folder.path)'
      \(new) -x509 -days 2 -subj '/CN=test authority' -keyout ca.key -out ca.pem
      \(new) -subj /CN=localhost -keyout server.key -out server.csr
      echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' > names
      openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem
      """
    let ending = try await ChildProcess(executable: "/bin/sh", arguments: ["-c", script]).run()
    guard ending.exitCode == 0 else { throw Failure(ending: ending.description) }
    return TestAuthority(folder: folder)
  }
}
