import Competition
import Foundation

/// A folder with a model's `main.py`, and what `model.json` beside it says of its participant.
struct ModelFolder: Sendable, Hashable {
  var path: String
  var name: String
  var modelID: String
  var cruncherID: String
  var cruncherName: String

  /// The model folders in a directory, by name. Those that begin with `_` or `.` are none: `_base` holds modules that all
  /// models may import. A folder that cannot be used is left out.
  /// - Parameter skipped: told which, and why.
  static func all(in directory: String, skipped: (ModelFolderError) -> Void) throws -> [ModelFolder] {
    var ids: Set<String> = []
    return try FileManager.default.contentsOfDirectory(atPath: directory).sorted().compactMap { name -> ModelFolder? in
      let path = directory + "/" + name
      guard !name.hasPrefix("_"), !name.hasPrefix("."), FileManager.default.fileExists(atPath: path + "/main.py")
      else { return nil }
      do throws(ModelFolderError) {
        let folder = try ModelFolder(path: path, name: name)
        guard ids.insert(folder.modelID).inserted else {
          throw ModelFolderError(reason: "\(path): another folder has the model_id \(folder.modelID) already")
        }
        return folder
      } catch {
        skipped(error)
        return nil
      }
    }
  }

  private init(path: String, name: String) throws(ModelFolderError) {
    self.path = path
    self.name = name
    var card = JSONObject()
    if let data = FileManager.default.contents(atPath: path + "/model.json") {
      do { card = try JSON(parsing: [UInt8](data)).object ?? [:] } catch {
        throw ModelFolderError(reason: "\(path)/model.json is no JSON: \(error)")
      }
    }
    modelID = card["model_id"]?.string ?? name
    cruncherID = card["cruncher_id"]?.string ?? name
    cruncherName = card["cruncher_name"]?.string ?? name
  }
}

struct ModelFolderError: Error, Hashable, CustomStringConvertible {
  var reason: String
  var description: String { reason }
}
