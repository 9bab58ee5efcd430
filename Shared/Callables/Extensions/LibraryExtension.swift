import Competition

/// A function of a dynamic library at an extension point, as `coordinator_extension.h` describes it.
struct LibraryExtension: Sendable {
  private let name: String
  private let function: ExtensionSymbol

  init(path: String, symbol: String) throws(CallableFault) {
    name = "lib:\(path)#\(symbol)"
    function = try ExtensionSymbol(path: path, symbol: symbol)
  }

  func result(of arguments: [JSON]) -> Result<JSON, ExtensionFailure> {
    let answer = function.call(Array(JSON.array(arguments).text.utf8))
    if let reason = answer.failure { return .failure(ExtensionFailure("\(name): \(reason)")) }
    guard let json = answer.json else { return .failure(ExtensionFailure("\(name) gave no answer")) }
    do { return .success(try JSON(parsing: json)) } catch {
      return .failure(ExtensionFailure("\(name) answered no JSON: \(error)"))
    }
  }
}
