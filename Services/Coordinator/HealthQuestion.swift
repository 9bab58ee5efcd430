import ArgumentParser
import Foundation
import HTTPFetch

struct HealthQuestion: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Asks the process beside it whether it is ready: the health check of a container.",
    discussion: """
      Asks on HEALTH_HOST and HEALTH_PORT. Ends with 1, and the answer, when the process is not ready or does not answer.
      """)
  @Option(help: "Port of the process; without it HEALTH_PORT.") var port: Int?
  @Flag(help: "Ask only whether it lives, not whether it is ready.") var live = false

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    guard let port = port ?? environment["HEALTH_PORT"].flatMap({ Int($0) }), (1...65_535).contains(port) else {
      throw ValidationError("HEALTH_PORT, or --port, must name the port of the process, from 1 to 65535")
    }
    let listens = environment["HEALTH_HOST"] ?? ""
    // Who listens everywhere is found on the loopback interface.
    let host = ["", "0.0.0.0", "::"].contains(listens) ? "127.0.0.1" : listens
    var request = HTTPRequest(url: "http://\(host):\(port)/\(live ? "healthz" : "readyz")")
    request.timeout = 2
    let answer: HTTPResponse
    do { answer = try await HTTPClient().send(request) } catch {
      Terminal.complain("\(request.url): \(error)")
      throw ExitCode(1)
    }
    let text = String(decoding: answer.body, as: UTF8.self)
    guard answer.status == 200 else {
      Terminal.complain("\(request.url) says \(answer.status): \(text)")
      throw ExitCode(1)
    }
    Terminal.line(text)
  }
}
