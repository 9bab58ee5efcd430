import HTTPTypes

extension HTTPFields {
  /// The first value of a header that has no constant.
  /// - Parameter name: in lower case.
  func first(named name: String) -> String? { first { $0.name.canonicalName == name }?.value }
}
