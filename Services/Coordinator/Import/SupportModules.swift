import Foundation

/// Modules of Python that stand in for the original's packages, and for pydantic, where these are not installed.
enum SupportModules {
  private static let files: [(path: String, content: [UInt8])] = [
    ("prefer_installed.py", PackageResources.prefer_installed_py),
    ("original_names.py", PackageResources.original_names_py),
    ("small_pydantic.py", PackageResources.small_pydantic_py),
    ("crunch_node/__init__.py", PackageResources.stand_in_package_py),
    ("coordinator_node/__init__.py", PackageResources.stand_in_package_py),
    ("pydantic/__init__.py", PackageResources.stand_in_pydantic_py),
  ]

  /// Writes them into `compat/` of a folder; those of an earlier time are replaced. Answers the path.
  static func write(beside folder: String) throws -> String {
    let target = folder + "/compat"
    for (path, content) in files {
      let file = target + "/" + path
      try FileManager.default.createDirectory(
        atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(content).write(to: URL(fileURLWithPath: file))
    }
    return target
  }
}
