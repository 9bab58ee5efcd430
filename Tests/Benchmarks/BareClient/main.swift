import Foundation

// The calls of a fan-out by the gRPC library alone: to every node `tick` with the data and then `predict`, all nodes at
// once, over one connection each. Prints the milliseconds of each round, from the first call to the last answer. It looks
// into no answer, keeps no deadline of its own and stores nothing.
//
//   BareClient ROUNDS DATA_BYTES PORT ...

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard arguments.count >= 3, arguments.count == CommandLine.arguments.count - 1 else {
  FileHandle.standardError.write(Data("usage: BareClient ROUNDS DATA_BYTES PORT ...\n".utf8))
  exit(64)
}
let (rounds, size, ports) = (arguments[0], arguments[1], arguments[2...])

// As the predict worker does, each request is encoded once for all nodes.
let tick = CallMessage(method: "tick", arguments: [.json("{\"candles\":\"\(String(repeating: "1", count: size))\"}")])
let predict = CallMessage(method: "predict", arguments: [.string("BTC"), .integer(60), .integer(15)])

let nodes = try ports.map(Node.init)
try await withThrowingTaskGroup(of: Void.self) { connections in
  for node in nodes { connections.addTask { try await node.run() } }
  try await nodes.eachAtOnce { try await $0.send("Setup", SetupMessage(className: "tracker.TrackerBase").bytes) }
  for _ in 0..<rounds {
    let started = ContinuousClock.now
    try await nodes.eachAtOnce { [tick, predict] node in
      try await node.send("Call", tick.bytes)
      try await node.send("Call", predict.bytes)
    }
    print((ContinuousClock.now - started) / .milliseconds(1))
    // The rounds of the predict worker are apart as well: neither finds warm caches.
    try await Task.sleep(for: .milliseconds(200))
  }
  for node in nodes { node.close() }
  try await connections.waitForAll()
}
