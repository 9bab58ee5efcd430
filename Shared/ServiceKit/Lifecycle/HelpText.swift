/// What `--help` of a service prints.
enum HelpText {
  static func text(name: String, purpose: String, settings: [ReadSetting]) -> String {
    var seen: Set<String> = []
    let unique = settings.filter { seen.insert($0.name).inserted }
    let width = unique.map(\.name.count).max() ?? 0
    let lines = unique.map { setting in
      let padding = String(repeating: " ", count: width - setting.name.count)
      let fallback = setting.fallback.isEmpty ? "" : " [\(setting.fallback)]"
      return "  \(setting.name)\(padding)  \(setting.summary)\(fallback)"
    }
    return """
      \(name): \(purpose)

      It takes no arguments besides --help and --version. Its settings are environment variables, [defaults] in brackets:

      \(lines.joined(separator: "\n"))
      """
  }
}
