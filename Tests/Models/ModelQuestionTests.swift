import Competition
import Testing

@testable import Models

@Suite("What a slot asks of its models")
struct ModelQuestionTests {
  private typealias Argument = CrunchContract.ModelCall.Argument

  private func encoded(_ type: Argument.ArgumentType, _ value: JSON?) throws -> (Commons_VariantType, JSON) {
    var scope: JSONObject = [:]
    scope["x"] = value
    let call = CrunchContract.ModelCall(method: "m", arguments: [Argument(name: "x", type: type)])
    let variant = try #require(ModelQuestion(call, scope: scope).arguments.first).variant
    return (variant.type, try variant.decoded())
  }

  @Test("the default call is predict with subject, horizon and step, in this order")
  func defaultCall() throws {
    let question = ModelQuestion(
      CrunchContract.default.call,
      scope: ["step_seconds": 15, "subject": "ETH", "resolve_horizon_seconds": 300, "other": true])
    #expect(question.method == "predict")
    #expect(question.arguments.map(\.variant.type) == [.string, .int, .int])
    #expect(try question.arguments.map { try $0.variant.decoded() } == ["ETH", 300, 15])
  }

  @Test("numbers travel as the type that the contract names")
  func numbers() throws {
    #expect(try encoded(.int, 60) == (.int, 60))
    #expect(try encoded(.int, 60.0) == (.int, 60))
    #expect(try encoded(.float, 60) == (.double, 60.0))
    #expect(try encoded(.double, 0.25) == (.double, 0.25))
    #expect(try encoded(.string, 60) == (.string, "60"))
  }

  @Test("a JSON argument travels whole")
  func json() throws {
    #expect(try encoded(.json, ["a": [1, nil, "x"]]) == (.json, ["a": [1, nil, "x"]]))
  }

  @Test(
    "what the scope lacks is the empty text, whatever the type",
    arguments: [.string, .int, .float, .double, .json] as [CrunchContract.ModelCall.Argument.ArgumentType])
  func missing(type: CrunchContract.ModelCall.Argument.ArgumentType) throws {
    #expect(try encoded(type, nil) == (.string, ""))
    #expect(try encoded(type, .null) == (.string, ""))
  }

  @Test("what is no number of the type travels as text, so that the model sees it")
  func noNumber() throws {
    #expect(try encoded(.int, "many") == (.string, "many"))
    #expect(try encoded(.int, 1.5) == (.string, "1.5"))
    #expect(try encoded(.double, true) == (.string, "true"))
  }
}
