import Competition

extension [CrunchContract.OutputField] {
  /// A made-up object that has these fields.
  func sample(_ index: Int) -> JSONObject { JSONObject(map { ($0.name, $0.sample(index)) }) }
}

extension CrunchContract.OutputField {
  /// The field's examples in turn; without any, values spread over its range, −1 to 1 where it has none.
  fileprivate func sample(_ index: Int) -> JSON {
    if !examples.isEmpty { return examples[index % examples.count] }
    let low = minimum ?? min(-1, maximum.map { $0 - 1 } ?? -1)
    let high = maximum ?? max(1, low + 1)
    let number = low + (high - low) * Double((index * 37 + 1) % 100) / 100
    switch type {
    case .float: return .double(number)
    case .int: return .int(Int64(exactly: number.rounded()) ?? 0)
    case .bool: return .bool(index % 2 == 0)
    case .string: return defaultValue ?? .string("probe \(index)")
    case .json: return defaultValue ?? [:]
    }
  }
}
