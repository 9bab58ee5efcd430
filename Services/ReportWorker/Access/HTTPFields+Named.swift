import HTTPTypes

extension HTTPFields {
  /// The first value of a header that has no constant.
  /// - Parameter name: in lower case.
  func first(named name: String) -> String? { first { $0.name.canonicalName == name }?.value }

  /// All values of such a header, in their order.
  func all(named name: String) -> [String] { filter { $0.name.canonicalName == name }.map(\.value) }
}
