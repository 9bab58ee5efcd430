// The default score in Swift: position, cut to -1 and 1, times the change of the price.
//
//   swiftc -O -emit-library -import-objc-header Shared/CScoring/coordinator_scoring.h \
//     -o directional.so Tests/Examples/plugins/directional.swift
//   SCORING_FUNCTION=lib:./directional.so#score

@_cdecl("coordinator_scoring_version")
public func version() -> UInt32 { COORDINATOR_SCORING_VERSION }

@_cdecl("score")
public func score(
  _ api: UnsafePointer<coordinator_scoring_api>, _ prediction: OpaquePointer, _ truth: OpaquePointer,
  _ scope: OpaquePointer, _ result: OpaquePointer
) {
  var position = 0.0
  var profit = 0.0
  guard api.pointee.read_number(prediction, "value", &position) else {
    return api.pointee.fail(result, "the output has no value")
  }
  guard api.pointee.read_number(truth, "profit", &profit) else {
    return api.pointee.fail(result, "the ground truth has no profit")
  }
  api.pointee.set_value(result, min(1, max(-1, position)) * profit)
  api.pointee.set_number(result, "actual_return", profit)
}
