/// What somebody may have meant who wrote a name that is not known.
public enum NearestName {
  /// The known name that is closest, when it is close enough to be a slip.
  /// - Parameter most: letters that may differ; without it one, and another for each three letters of the name.
  public static func of(_ name: String, among known: [String], within most: Int? = nil) -> String? {
    let near = known.map { (name: $0, distance: distance($0, name)) }.min {
      // Of names that are as close, the one that begins as it does: first letters are seldom wrong.
      ($0.distance, $0.name.first == name.first ? 0 : 1, $0.name)
        < ($1.distance, $1.name.first == name.first ? 0 : 1, $1.name)
    }
    return near.flatMap { $0.distance <= most ?? 1 + name.count / 3 ? $0.name : nil }
  }

  /// How many letters must change to make one word of the other (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(row[j + 1] + 1, row[j] + 1, replaced)
      }
    }
    return row[right.count]
  }
}
