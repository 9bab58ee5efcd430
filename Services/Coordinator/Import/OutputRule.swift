import Competition

/// How the type of a model's answer becomes the fields of the contract's output.
enum OutputRule {
  static func carry(_ value: JSON, _ imported: inout ImportedContract) {
    guard let type = value["$type"], let fields = type["fields"]?.object, !fields.isEmpty else {
      return imported.note("output_type", "has no fields that could be read: the default output holds")
    }
    for field in fields {
      imported.set("output", field.key, self.field(field.key, field.value, &imported), from: "output_type")
    }
    if type["extra"] == "forbid" { imported.set("limits", "unknown_output_fields", "refuse", from: "output_type") }
    let members = (type["members"]?.array ?? []).compactMap(\.string)
    if !members.isEmpty, type["is_original"] != true {
      imported.note(
        "output_type",
        "\(members.joined(separator: ", ")) of \(type["name"]?.string ?? "it") are not there for scoring",
        remedy: "move what they do into the scoring function")
    }
  }

  private static func field(_ name: String, _ field: JSON, _ imported: inout ImportedContract) -> JSON {
    var spec: JSONObject = [:]
    let type = Self.type(field["type"]?.string ?? "")
    spec["type"] = .string(type)
    if field["required"] != true {
      let fallback = field["default"] ?? .null
      if fallback.isNull {
        // A field that may be null is JSON to the contract.
        spec["type"] = "json"
        spec["default"] = .null
        imported.note("output_type", "\(name) may be null, so its type is not checked")
      } else {
        spec["default"] = fallback
      }
    }
    if type == "float" || type == "int" {
      spec["minimum"] = field["ge"] ?? field["gt"]
      spec["maximum"] = field["le"] ?? field["lt"]
      if field["gt"] != nil || field["lt"] != nil {
        imported.note("output_type", "\(name) may now also have the value of its bound")
      }
    }
    return .object(spec)
  }

  private static func type(_ annotation: String) -> String {
    switch annotation.replacing("|None", with: "") {
    case "float": "float"
    case "int": "int"
    case "str": "string"
    case "bool": "bool"
    default: "json"
    }
  }
}
