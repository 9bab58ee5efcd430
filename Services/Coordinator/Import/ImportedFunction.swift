import Competition

/// A function as `read_config.py` describes it.
struct ImportedFunction: Sendable {
  /// `module:function`; nil when it has no such name.
  var name: String?
  /// What the original calls it, or says of it; nil for a function of the competition.
  var original: JSON?
  var keywords: JSONObject
  /// For people.
  var text: String

  init(_ value: JSON) {
    let told = value["$callable"]
    name = told?["name"]?.string
    original = told?["original"]
    keywords = told?["keywords"]?.object ?? [:]
    text = told?["text"]?.string ?? told?["original"]?.string ?? value.text
  }
}
