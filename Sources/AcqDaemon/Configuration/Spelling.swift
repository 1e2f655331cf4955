/// Finds the word that a person meant.
public enum Spelling {
  /// The candidate that is fewest changes away from `word`, nil when none is near.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    let near = candidates.map { (changes(from: word, to: $0), $0) }.min { $0.0 < $1.0 }
    guard let near, near.0 <= max(1, min(word.count, near.1.count) / 2) else { return nil }
    return near.1
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
  static func changes(from a: String, to b: String) -> Int {
    let source = Array(a.utf8.prefix(wordBytesMax))
    let target = Array(b.utf8.prefix(wordBytesMax))
    var before: [Int] = []
    var previous = Array(0...target.count)
    for i in source.indices {
      var row = [i + 1]
      for j in target.indices {
        let isSame = source[i] == target[j]
        var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (isSame ? 0 : 1))
        if i > 0, j > 0, source[i] == target[j - 1], source[i - 1] == target[j] {
          best = min(best, before[j - 1] + 1)
        }
        row.append(best)
      }
      before = previous
      previous = row
    }
    return previous[target.count]
  }

  /// The cost grows with the product of both lengths; no key of ours is longer.
  private static let wordBytesMax = 64
}
