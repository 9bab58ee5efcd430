import Competition

/// How the types of the original, such as that of a model's answer, become fields of the contract.
enum FieldRule {
  static func carryOutput(_ value: JSON, _ imported: inout ImportedContract) {
    guard let type = value["$type"], let fields = type["fields"]?.object, !fields.isEmpty else {
      return imported.note("output_type", "has no fields that could be read: the default output holds")
    }
    for field in fields {
      imported.set("output", field.key, self.field(field, of: "output_type", &imported), from: "output_type")
    }
    if type["extra"] == "forbid" { imported.set("limits", "unknown_output_fields", "refuse", from: "output_type") }
    noteMembers(type, "output_type", &imported)
  }

  /// A type of an input, a truth or a score. One of the original's own takes anything, as no shape does.
  /// - Parameter section: of the contract.
  static func carryShape(
    _ value: JSON, _ setting: String, as section: String, _ imported: inout ImportedContract
  ) {
    guard let type = value["$type"], type["is_original"] != true else { return }
    let fields = type["fields"]?.object ?? [:]
    for field in fields {
      imported.set(section, field.key, self.field(field, of: setting, &imported), from: setting)
    }
    if fields.isEmpty { imported.note(setting, "\(type["name"]?.string ?? "it") has no fields: anything is taken") }
    if type["extra"] != "allow" {
      imported.note(setting, "fields that \(type["name"]?.string ?? "it") has not stay beside those that it has")
    }
    noteMembers(type, setting, &imported)
  }

  private static func noteMembers(_ type: JSON, _ setting: String, _ imported: inout ImportedContract) {
    let members = (type["members"]?.array ?? []).compactMap(\.string)
    guard !members.isEmpty, type["is_original"] != true else { return }
    imported.note(
      setting, "\(members.joined(separator: ", ")) of \(type["name"]?.string ?? "it") are not there for scoring",
      remedy: "move what they do into the scoring function")
  }

  private static func field(
    _ member: JSONObject.Element, of setting: String, _ imported: inout ImportedContract
  ) -> JSON {
    let (name, field) = (member.key, member.value)
    var spec: JSONObject = [:]
    let type = Self.type(field["type"]?.string ?? "")
    spec["type"] = .string(type)
    if field["required"] != true {
      let fallback = field["default"] ?? .null
      if fallback.isNull {
        // A field that may be null is JSON to the contract.
        spec["type"] = "json"
        spec["default"] = .null
        imported.note(setting, "\(name) may be null, so its type is not checked")
      } else {
        spec["default"] = fallback
      }
    }
    if type == "float" || type == "int" {
      spec["minimum"] = field["ge"] ?? field["gt"]
      spec["maximum"] = field["le"] ?? field["lt"]
      if field["gt"] != nil || field["lt"] != nil {
        imported.note(setting, "\(name) may now also have the value of its bound")
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
