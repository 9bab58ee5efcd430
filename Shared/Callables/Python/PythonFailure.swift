/// Why a Python process gave no answer.
enum PythonFailure: Error, Hashable, CustomStringConvertible {
  /// It ended: how, with its last words.
  case ended(String)
  case timedOut(Duration)
  /// The module or the function is not usable; trying again changes nothing.
  case refused(String)
  /// It answered something that is no answer.
  case garbled(String)
  /// The caller has given up.
  case cancelled

  var description: String {
    switch self {
    case .ended(let how): "the Python process ended (\(how))"
    case .timedOut(let limit): "the function did not answer within \(limit)"
    case .refused(let reason): reason
    case .garbled(let what): "the Python process answered \(what)"
    case .cancelled: "the call was cancelled"
    }
  }
}
