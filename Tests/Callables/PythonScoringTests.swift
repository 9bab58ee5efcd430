import Callables
import Competition
import Testing

@Suite("A scoring function in Python")
struct PythonScoringTests {
  @Test(
    "reads attributes or keys, answers dictionaries or models, and may print",
    arguments: ["by_attribute", "by_key", "as_model"])
  func styles(callable: String) async throws {
    let function = try await Operator.load(callable)
    let outcomes = await function.score(outputs: Operator.outputs(2_500), truth: Operator.truth, scope: [:])
    #expect(outcomes.map(\.value) == (0..<2_500).map { Double($0) / 2 })
    guard case .scored(let result) = outcomes[1] else { return }
    #expect(result["success"] == true)
    #expect(result["extra"] == (callable == "as_model" ? "kept" : nil))
  }

  @Test("may answer times in a model, and arrays of numbers: they are kept as JSON has them")
  func foreignValues() async throws {
    let time = try await Operator.load("with_a_time")
    let array = try await Operator.load("with_an_array")
    let outputs: [JSONObject] = [["value": 1]]
    let dated = await time.score(outputs: outputs, truth: Operator.truth, scope: [:])
    let parted = await array.score(outputs: outputs, truth: Operator.truth, scope: [:])
    #expect(
      dated == [.scored(["value": 0.5, "at": "2026-02-13", "success": true, "failed_reason": nil])])
    #expect(
      parted == [.scored(["value": 0.5, "parts": [1.5, 2.5], "success": true, "failed_reason": nil])])
  }

  @Test("knows whose prediction it scores")
  func identity() async throws {
    let function = try await Operator.load("by_identity")
    let shown = function.shown(["value": 1], modelID: "7", predictionID: "PRE_7_BTC")
    let outcomes = await function.score(outputs: [shown], truth: Operator.truth, scope: [:])
    #expect(outcomes == [.scored(["value": 0.5, "who": "7", "success": true, "failed_reason": nil])])
  }

  @Test("what it does to the truth of one prediction, the next does not see")
  func ownTruth() async throws {
    let function = try await Operator.load("changes_truth")
    let outcomes = await function.score(outputs: Operator.outputs(3), truth: Operator.truth, scope: [:])
    #expect(outcomes.map(\.value) == [0.5, 1.5, 2.5])
  }

  @Test(
    "that raises, exits, crashes, hangs, eats memory or answers no score for one prediction costs that one alone",
    arguments: [
      ("raise", "ValueError: not this one"), ("exit", "SystemExit: 3"), ("crash", "ended"), ("hang", "within"),
      ("eat", "MemoryError"), ("nan", "no finite value"), ("none", "NoneType"), ("declined", "declined"),
    ])
  func oneBad(kind: String, reason: String) async throws {
    let function = try await Operator.load("misbehaves", batchLimit: .seconds(2))
    var outputs = Operator.outputs(1_000)
    outputs[613]["kind"] = .string(kind)
    let outcomes = await function.score(outputs: outputs, truth: Operator.truth, scope: [:])
    #expect(outcomes[613].reason?.contains(reason) == true, "\(outcomes[613])")
    #expect(outcomes.count { $0.value != nil } == 999)
    let after = await function.score(outputs: Operator.outputs(10), truth: Operator.truth, scope: [:])
    #expect(after.allSatisfy { $0.value != nil })
  }

  @Test("whose memory has run out goes on in another process, where nothing of that is left")
  func hoard() async throws {
    let function = try await Operator.load("hoards", batchLimit: .seconds(60), aloneLimit: .seconds(60))
    for count in [1, 3] {
      var outputs = Operator.outputs(count)
      outputs[0]["kind"] = "hoard"
      let outcomes = await function.score(outputs: outputs, truth: Operator.truth, scope: [:])
      #expect(outcomes[0].reason?.contains("MemoryError") == true, "\(outcomes[0])")
      let after = await function.score(outputs: Operator.outputs(2), truth: Operator.truth, scope: [:])
      for outcome in outcomes.dropFirst() + after {
        guard case .scored(let result) = outcome else {
          Issue.record("\(outcome)")
          continue
        }
        #expect(result["kept"] == 0)
      }
    }
  }

  @Test("that hangs ends when its caller gives up, and works for the next")
  func cancellation() async throws {
    let function = try await Operator.load("misbehaves", batchLimit: .seconds(600))
    let call = Task {
      await function.score(outputs: [["value": 1, "kind": "hang"]], truth: Operator.truth, scope: [:])
    }
    call.cancel()
    #expect(await call.value.allSatisfy { $0.value == nil })
    let after = await function.score(outputs: Operator.outputs(2), truth: Operator.truth, scope: [:])
    #expect(after.map(\.value) == [0, 0.5])
  }

  @Test(
    "that is broken is refused at the start, with the reason",
    arguments: [
      ("missing", "has no attribute 'missing'"), ("NOT_CALLABLE", "cannot be called"),
      ("other_names", "the first two must be prediction, ground_truth"), ("needs_more", "needs weights"),
      ("asynchronous", "asynchronous"), ("wrong_type", "returned a float"), ("missing_field", "no field 'direction'"),
      ("stub", "looks like a stub"), ("slow", "for 100 predictions"),
    ])
  func refused(callable: String, reason: String) async throws {
    let fault = await #expect(throws: CallableFault.self) { _ = try await Operator.load(callable) }
    #expect(fault?.description.contains(reason) == true, "\(String(describing: fault))")
  }

  @Test("that reads what the contract says of truths is started by what the contract says, and refused without")
  func truthOfContract() async throws {
    let label = CrunchContract.OutputField(name: "label", type: .float, defaultValue: nil)
    _ = try await Operator.load("by_label", truth: [label])
    let fault = await #expect(throws: CallableFault.self) { _ = try await Operator.load("by_label") }
    #expect(fault?.description.contains("no field 'label'") == true, "\(String(describing: fault))")
  }

  @Test("that understands some texts and objects only is started on the contract's examples, and without told of them")
  func examples() async throws {
    let contract = try ContractFile.contract(
      from: """
        output:
          direction: {type: string, examples: [UP, DOWN]}
          plan: {type: json, examples: [{size: 1}, {size: 2.5}]}
        """)
    let function = try await Operator.load("by_direction", output: contract.output)
    let outcomes = await function.score(
      outputs: [["direction": "DOWN", "plan": ["size": 2]]], truth: Operator.truth, scope: [:])
    #expect(outcomes.map(\.value) == [-1])
    let bare = try ContractFile.contract(from: "output: {direction: string, plan: json}")
    let fault = await #expect(throws: CallableFault.self) {
      _ = try await Operator.load("by_direction", output: bare.output)
    }
    #expect(fault?.reason.contains("scores no prediction") == true, "\(String(describing: fault))")
    #expect(fault?.hint.contains("`examples`") == true && fault?.hint.contains("direction, plan") == true)
  }

  @Test("of a module that is not there is refused")
  func missingModule() async throws {
    let fault = await #expect(throws: CallableFault.self) {
      _ = try await Operator.load("score", module: "not_there.at_all")
    }
    #expect(fault?.reason.contains("No module named 'not_there'") == true)
  }
}
