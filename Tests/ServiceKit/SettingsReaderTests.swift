import Foundation
import ServiceKit
import Testing

@Suite("Reading settings")
struct SettingsReaderTests {
  private func reader(_ environment: [String: String]) -> SettingsReader { SettingsReader(environment: environment) }

  /// The value of a setting and what was found wrong with it.
  private func read<Value>(
    _ setting: Setting<Value>, _ environment: [String: String]
  ) -> (value: Value, problem: SettingProblem?) {
    var reader = reader(environment)
    let value = reader.value(setting)
    return (value, reader.problems.first)
  }

  private let size = Setting.integer("SIZE", aliases: ["OLD_SIZE", "OLDER_SIZE"], default: 5, in: 1...9, "A size.")

  @Test("all problems are told at once, each with name, value, expectation and an example")
  func allAtOnce() {
    var reader = reader(["SIZE": "ten", "PACE": "-1", "COLOUR": "pink", "FLAG": "perhaps"])
    _ = reader.value(size)
    _ = reader.value(.number("PACE", default: 2.5, atLeast: 0.1, "A pace."))
    _ = reader.value(.choice("COLOUR", of: ["red", "blue"], default: "red", "A colour."))
    _ = reader.value(.flag("FLAG", default: false, "A flag."))
    let error = SettingsError(problems: reader.problems)
    #expect(
      error.description == """
        SIZE is "ten"; expected a whole number from 1 to 9, for example SIZE=5
        PACE is "-1"; expected a number from 0.1 to 315360000, for example PACE=2.5
        COLOUR is "pink"; expected one of red, blue, for example COLOUR=red
        FLAG is "perhaps"; expected true or false, for example FLAG=true
        """)
  }

  @Test("a value that is missing is told as missing")
  func missing() {
    var reader = reader([:])
    reader.refuse("KEY", value: nil, expected: "a key", example: "abc")
    #expect(reader.problems.map(\.description) == ["KEY is missing; expected a key, for example KEY=abc"])
  }

  @Test("an empty variable is as one that is not set", arguments: ["", " ", "\t\n"])
  func empty(text: String) {
    #expect(read(size, ["SIZE": text]).value == 5)
    #expect(read(size, ["SIZE": text]).problem == nil)
    #expect(read(size, ["SIZE": text, "OLD_SIZE": "3"]).value == 3)
    #expect(read(Setting.optionalText("NAME", example: "", ""), ["NAME": text]).value == nil)
  }

  @Test("the name goes before its older names, those in their order, and a problem tells the one that was found")
  func aliases() {
    #expect(read(size, ["SIZE": "1", "OLD_SIZE": "2"]).value == 1)
    #expect(read(size, ["OLDER_SIZE": "3", "OLD_SIZE": "2"]).value == 2)
    #expect(read(size, ["OLDER_SIZE": "3"]).value == 3)
    #expect(read(size, ["OLD_SIZE": "none"]).problem?.name == "OLD_SIZE")
  }

  @Test("blanks around a value mean nothing")
  func blanks() {
    #expect(read(size, ["SIZE": " 7 \n"]).value == 7)
  }

  @Test("numbers keep to their range, and are numbers", arguments: ["0", "10", "1.5", "0x3", "five", "1e0", "+-1"])
  func range(text: String) {
    let (value, problem) = read(size, ["SIZE": text])
    #expect(value == 5 && problem?.value == text)
  }

  @Test("a real is finite", arguments: ["nan", "inf", "-infinity", "1e999", "1e30", "0.05"])
  func finite(text: String) {
    let pace = Setting.number("PACE", default: 1, atLeast: 0.1, "A pace.")
    #expect(read(pace, ["PACE": text]).problem != nil)
    #expect(read(Setting.optionalNumber("PACE", atLeast: 0.1, example: "1", ""), ["PACE": text]).problem != nil)
  }

  @Test("flags, words and lists are read as people write them")
  func words() {
    let flag = Setting.flag("FLAG", default: false, "")
    for text in ["true", "TRUE", "1", "yes", "On"] { #expect(read(flag, ["FLAG": text]).value) }
    for text in ["false", "0", "NO", "off"] { #expect(read(flag, ["FLAG": text]).problem == nil) }
    #expect(read(.choice("WORD", of: ["plain", "json"], default: "plain", ""), ["WORD": "JSON"]).value == "json")
    let list = Setting.list("LIST", default: ["x"], example: "", "")
    #expect(read(list, ["LIST": " a, b ,,c "]).value == ["a", "b", "c"])
    #expect(read(list, [:]).value == ["x"])
  }

  @Test("a secret shows in no problem and in no list of settings")
  func secrets() throws {
    let secret = Setting.optionalText("API_KEY", example: "…", isSecret: true, "A key.")
    var reader = reader(["API_KEY": "hush-hush"])
    #expect(reader.value(secret) == "hush-hush")
    #expect(reader.settings.map(\.value) == [SettingsReader.mask])
    #expect(!"\(reader.settings)".contains("hush"))
  }

  @Test("a secret may be in a file; one that cannot be read is told with its path")
  func secretFile() throws {
    let path = NSTemporaryDirectory() + "/secret-\(UUID().uuidString)"
    try Data("hush-hush\n".utf8).write(to: URL(filePath: path))
    defer { unlink(path) }
    let secret = Setting.optionalText("API_KEY", example: "…", isSecret: true, "A key.")
    #expect(read(secret, ["API_KEY_FILE": path]).value == "hush-hush")
    #expect(read(secret, ["API_KEY_FILE": path, "API_KEY": "own"]).value == "own")
    let problem = read(secret, ["API_KEY_FILE": "/nowhere/secret"]).problem
    #expect(problem?.name == "API_KEY_FILE" && problem?.value == "/nowhere/secret")
    let open = Setting.text("NAME", default: "none", example: "", "")
    #expect(read(open, ["NAME_FILE": path]).value == "none")
  }

  @Test("what was read is listed with where it came from")
  func sources() {
    var reader = reader(["OLD_SIZE": "2"])
    _ = reader.value(size)
    _ = reader.value(.text("NAME", default: "none", example: "me", "A name."))
    #expect(reader.settings.map(\.name) == ["SIZE", "NAME"])
    #expect(reader.settings.map(\.value) == ["2", "none"])
    #expect(reader.settings.map(\.source) == ["OLD_SIZE", nil])
    #expect(reader.settings.map(\.fallback) == ["5", "none"])
  }
}
