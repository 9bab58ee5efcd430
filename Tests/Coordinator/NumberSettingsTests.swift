import ServiceKit
import Testing

@testable import Coordinator

@Suite("Every variable that is a number")
struct NumberSettingsTests {
  /// All that the processes of a node read.
  private static func read(_ environment: [String: String]) -> SettingsReader {
    NodeSettings(environment: environment).reader
  }

  /// By name, with what is expected of each: "a whole number from 1 to 64". Some processes read a variable more than once.
  private static let numbers: [String: [String]] = {
    let numbers = read([:]).settings.filter {
      $0.expected.hasPrefix("a number") || $0.expected.hasPrefix("a whole number")
    }
    return Dictionary(grouping: numbers, by: \.name).mapValues { $0.map(\.expected) }
  }()

  @Test("says from where to where it goes, and takes both ends")
  func ends() throws {
    #expect(Self.numbers.count >= 25, "\(Self.numbers.keys.sorted())")
    for (name, expectations) in Self.numbers {
      for expected in expectations {
        let words = expected.split(separator: " ").map(String.init)
        let from = try #require(words.firstIndex(of: "from"), "\(name): \(expected)")
        #expect(words.count == from + 4 && words[from + 2] == "to", "\(name): \(expected)")
        for end in [words[from + 1], words[from + 3]] {
          // Several processes may have an opinion of their own about it.
          let refused = Self.read([name: end]).problems.filter { $0.name == name && $0.expected == expected }
          #expect(refused.isEmpty, "\(name)=\(end)")
        }
      }
    }
  }

  @Test(
    "is refused by name where it is none, or far too large or small, and nothing traps",
    arguments: ["1e30", "-1", "nan", "inf", "-inf", "1e308", "9223372036854775807", "99999999999999999999", "-0x1p9"])
  func refused(text: String) {
    for name in Self.numbers.keys {
      let problems = Self.read([name: text]).problems.filter { $0.name == name }
      #expect(!problems.isEmpty, "\(name)=\(text)")
      #expect(problems.allSatisfy { $0.value == text && $0.description.contains(" from ") }, "\(problems)")
    }
  }

  @Test("that is empty is as one that is not set")
  func empty() {
    let defaults = Self.read([:]).settings
    for name in Self.numbers.keys {
      let reader = Self.read([name: ""])
      #expect(reader.problems.isEmpty && reader.settings == defaults, "\(name)")
    }
  }

  @Test("and every fault that waits, whose time is no number or longer than ten years, is refused as well")
  func failPoints() {
    for span in ["1e30s", "1e30ms", "-1s", "nans", "infms", "s"] {
      let problems = Self.read(["FAIL_POINTS": "score.mid-score=delay:\(span)"]).problems
      #expect(problems.map(\.name) == ["FAIL_POINTS"], "\(span)")
    }
    #expect(Self.read(["FAIL_POINTS": "score.mid-score=delay:20ms"]).problems.isEmpty)
  }
}
