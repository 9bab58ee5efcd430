import Competition
import Foundation
import ServiceKit

/// The files of a new competition.
struct Workspace: Sendable {
  let folder: String
  let pack: Pack
  /// As people write it: `my-challenge`.
  let name: String
  /// As Python does: `my_challenge`.
  let package: String

  /// - Throws: `WorkspaceError` when the name cannot be a name of Python, or something is there already.
  init(path: String, pack: Pack) throws(WorkspaceError) {
    folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    self.pack = pack
    name = (folder as NSString).lastPathComponent
    package = name.lowercased().replacing("-", with: "_")
    guard name.wholeMatch(of: /[A-Za-z][A-Za-z0-9_-]*/) != nil else {
      throw WorkspaceError(
        reason: "\"\(name)\" cannot name a competition",
        remedy: "write letters, digits, - and _, a letter first, such as my-challenge")
    }
    guard !Self.taken.contains(package) else {
      throw WorkspaceError(
        reason: "\"\(package)\" is a word or a module of Python",
        remedy: "choose another name, such as \(name)-challenge")
    }
    guard !FileManager.default.fileExists(atPath: folder) else {
      throw WorkspaceError(reason: "\(folder) is there already", remedy: "choose another name, or move it away")
    }
  }

  /// Names that a package cannot have: of the language, and of modules that this one and its tests import.
  private static let taken: Set<String> = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass",
    "raise", "return", "try", "while", "with", "yield", "test", "tests", "argparse", "bisect", "contextlib", "csv",
    "datetime", "importlib", "io", "json", "math", "pathlib", "sys", "tempfile", "time", "unittest", "matplotlib",
    "tracker", "cruncher", "scoring", "market", "models", "answers", "backtest", "progress", "chart", "sums",
    "pictures", "examples", "data",
  ]

  /// Writes everything or nothing.
  func write() throws {
    let files = FileManager.default
    let parent = URL(fileURLWithPath: folder).deletingLastPathComponent()
    let unfinished = parent.appending(path: ".\(name).\(UUID().uuidString.prefix(8))").path
    do {
      for (path, content) in try content() {
        let target = unfinished + "/" + path
        try files.createDirectory(
          atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(content).write(to: URL(fileURLWithPath: target))
      }
      try files.moveItem(atPath: unfinished, toPath: folder)
    } catch {
      if files.fileExists(atPath: unfinished) { try files.removeItem(atPath: unfinished) }
      throw error
    }
  }

  /// What each file holds, by its path.
  func content() throws -> [(path: String, content: [UInt8])] {
    let data = pack.data
    let module = data.baseClass.prefix { $0 != "." }
    let contract = try ContractFile.contract(from: String(decoding: filled(data.contract), as: UTF8.self))
    let rules = WorkspaceRules(
      contract: contract, baseClass: data.baseClass, granularity: "1m", updateMethod: data.update)
    let parts: [(String, [UInt8])] = [
      ("README.md", PackageResources.workspace_readme_md), ("Makefile", PackageResources.workspace_makefile),
      (".gitignore", PackageResources.gitignore),
      ("node/Makefile", PackageResources.node_makefile), ("node/docker-compose.yml", PackageResources.node_compose_yml),
      ("node/contract.yaml", data.contract), ("node/.env", data.environment),
      ("challenge/README.md", data.trial.readme),
      ("challenge/pyproject.toml", PackageResources.pyproject_toml),
      ("challenge/\(package)/__init__.py", PackageResources.package_init_py),
      ("challenge/\(package)/\(module).py", data.base), ("challenge/\(package)/scoring.py", data.scoring),
      ("challenge/\(package)/answers.py", PackageResources.answers_py),
      ("challenge/\(package)/models.py", PackageResources.models_py),
      ("challenge/\(package)/progress.py", PackageResources.progress_py),
      ("challenge/\(package)/chart.py", PackageResources.chart_py),
      ("challenge/\(package)/sums.py", PackageResources.sums_py),
      ("challenge/tests/test_challenge.py", data.trial.tests),
      ("challenge/tests/test_shown.py", PackageResources.test_shown_py),
      ("challenge/tests/pictures.py", PackageResources.pictures_py),
      // Where the base class is put for the models that the node runs.
      ("challenge/examples/_base/README.md", Array("The node puts the package's modules here.\n".utf8)),
    ]
    return parts.map { ($0.0, filled($0.1)) }
      + data.trial.modules.map { ("challenge/\(package)/\($0.name).py", filled($0.source)) }
      + data.examples.map { ("challenge/examples/\($0.name)/main.py", filled($0.source)) }
      + [
        ("challenge/\(package)/contract.json", Array(rules.text.utf8)),
        ("challenge/data/\(data.trial.file)", Array(data.trial.content.utf8)),
      ]
      + (data.trial.round.map { [("challenge/data/trial_round.json", Array($0.utf8))] } ?? [])
  }

  private func filled(_ template: [UInt8]) -> [UInt8] {
    let data = pack.data
    var text = String(decoding: template, as: UTF8.self)
    let trial = data.trial
    for (key, value) in [
      ("feed_service", String(decoding: trial.feedService, as: UTF8.self)),
      ("operation", String(decoding: trial.operation, as: UTF8.self)), ("sample", trial.sample),
      ("sample_file", trial.file), ("name", name), ("package", package), ("summary", data.summary),
      ("base_class", data.baseClass),
      ("update", data.update), ("method", "predict"), ("expected_score", data.expectedScore),
      ("node_image", data.image), ("version", BuildVersion.text),
      ("make_images", data.image == "coordinator-node-python" ? "make images PYTHON=1" : "make images"),
    ] { text = text.replacing("{{\(key)}}", with: value) }
    return Array(text.replacing("PACKAGE.backtest", with: "\(package).backtest").utf8)
  }
}
