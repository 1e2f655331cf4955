/// Gives each of some siblings a name that MATLAB accepts and that no other has.
struct MATNames {
  /// MATLAB's limit.
  static let charactersMax = 63

  private var taken: Set<String>
  private var nextSuffix: [String: Int] = [:]

  init(reserved: Set<String> = []) { taken = reserved }

  /// The name for `original`: what is not a letter, digit or underscore becomes an underscore, a leading
  /// non-letter gets an `x`, at most 63 characters, clashes end in `_1`, `_2` and so on.
  mutating func name(for original: String) -> String {
    let base = Self.clean(original)
    if taken.insert(base).inserted { return base }
    var number = nextSuffix[base] ?? 1
    while true {
      let suffix = "_\(number)"
      let name = base.prefix(Self.charactersMax - suffix.count) + suffix
      number += 1
      if taken.insert(String(name)).inserted {
        nextSuffix[base] = number
        return String(name)
      }
    }
  }

  private static func clean(_ original: String) -> String {
    var name = ""
    for scalar in original.unicodeScalars.prefix(charactersMax) {
      let isKept =
        scalar.isASCII && (Character(scalar).isLetter || Character(scalar).isNumber || scalar == "_")
      name.unicodeScalars.append(isKept ? scalar : "_")
    }
    if name.first?.isLetter != true { name = "x" + name }
    return String(name.prefix(charactersMax))
  }
}
