import Callables
import Competition
import Foundation
import Logging
import TestKit
import Testing

@Suite("A scoring function of a dynamic library")
struct LibraryScoringTests {
  private static let root = URL(fileURLWithPath: Operator.folder).deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Builds an example as its first lines say, and answers the library's path.
  static func build(_ source: String, changing change: (String) -> String = { $0 }) async throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let text = try String(contentsOfFile: "\(root)/Tests/Examples/plugins/\(source)", encoding: .utf8)
    let copy = folder.appendingPathComponent(source).path
    try change(text).write(toFile: copy, atomically: true, encoding: .utf8)
    let library = folder.appendingPathComponent("plugin.so").path
    let header = "\(root)/Shared/CScoring"
    let arguments =
      source.hasSuffix(".c")
      ? ["clang", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-I", header, "-o", library, copy]
      : [
        "swiftc", "-O", "-emit-library", "-import-objc-header", "\(header)/coordinator_scoring.h", "-o", library, copy,
      ]
    let (code, lines) = try await RunningProcess.run("/usr/bin/env", arguments)
    try #require(code == 0, "\(lines)")
    return library
  }

  private static func load(_ path: String, _ symbol: String = "score") async throws -> any ScoringFunction {
    try await ScoringSource(.library(path: path, symbol: symbol)).load(logger: Logger(label: "test"))
  }

  @Test("scores as the built-in one does, in C and in Swift", arguments: ["directional.c", "directional.swift"])
  func examples(source: String) async throws {
    let function = try await Self.load(await Self.build(source))
    let outputs: [JSONObject] = [["value": 0.5], ["value": -7], ["value": "0.25"], [:]]
    let outcomes = await function.score(outputs: outputs, truth: Operator.truth, scope: [:])
    #expect(outcomes.map(\.value) == [0.25, -0.5, 0.125, nil])
    #expect(outcomes[3].reason == "the output has no value")
    guard case .scored(let result) = outcomes[0] else { return }
    #expect(result["actual_return"]?.number == 0.5)
  }

  @Test("is refused when the file, the symbol or the version is not there or another")
  func refused() async throws {
    let library = try await Self.build("directional.c")
    let old = try await Self.build("directional.c") {
      $0.replacingOccurrences(of: "return COORDINATOR_SCORING_VERSION", with: "return 99")
    }
    let cases = [
      ("/nowhere/none.so", "score", "cannot be loaded"), (library, "other", "has no symbol other"),
      (old, "score", "built for version 99"),
    ]
    for (path, symbol, reason) in cases {
      let fault = await #expect(throws: CallableFault.self) { _ = try await Self.load(path, symbol) }
      #expect(fault?.reason.contains(reason) == true, "\(String(describing: fault))")
    }
  }
}
