import AcqCore

/// The words under which a recording is found, the same on every catalog: neither depends on a database's own text
/// search. A query's word finds every word that begins with it.
package enum SearchWords {
  /// Words of the id, file name, origin's name and metadata values of `entry`: distinct, ascending.
  package static func words(of entry: CatalogEntry) -> [String] {
    var found: Set<String> = [String(entry.id.hex.prefix(CatalogLimits.wordScalarsMax))]
    let values = entry.metadata.lazy.flatMap(\.fields).map(\.value)
    for text in [entry.name, entry.originName] + values where found.count < CatalogLimits.wordsMax {
      forEachWord(of: text) { word in
        found.insert(word)
        return found.count < CatalogLimits.wordsMax
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The folded words of `text` in their order: runs of letters and digits.
  package static func split(_ text: String) -> [String] {
    var words: [String] = []
    forEachWord(of: text) { word in
      words.append(word)
      return true
    }
    return words
  }

  /// Ends when `take` has enough.
  private static func forEachWord(of text: String, _ take: (String) -> Bool) {
    var word = String.UnicodeScalarView()
    var count = 0
    for scalar in fold(text).unicodeScalars {
      if isWordPart(scalar) {
        count += 1
        if count <= CatalogLimits.wordScalarsMax { word.append(scalar) }
      } else if count > 0 {
        guard take(String(word)) else { return }
        word.removeAll(keepingCapacity: true)
        count = 0
      }
    }
    if count > 0 { _ = take(String(word)) }
  }

  /// Lower case, without accents (`München` and `munchen` are one word), `ß` as `ss`.
  package static func fold(_ text: String) -> String {
    var folded = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if ("A"..."Z").contains(scalar) {
        folded.append(Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value) | 0x20))
      } else if scalar.isASCII {
        folded.append(scalar)
      } else {
        for lower in scalar.properties.lowercaseMapping.unicodeScalars { append(lower, to: &folded) }
      }
    }
    return String(folded)
  }

  private static func append(_ scalar: Unicode.Scalar, to folded: inout String.UnicodeScalarView) {
    if scalar == "ß" {
      folded.append(contentsOf: "ss".unicodeScalars)
    } else if let base = baseLetter(scalar) {
      folded.append(base)
    } else if scalar.properties.generalCategory != .nonspacingMark {
      folded.append(scalar)
    }
  }

  /// `ü` is named LATIN SMALL LETTER U WITH DIAERESIS: the Unicode name says which letter carries the accent.
  private static func baseLetter(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    let prefix = "LATIN SMALL LETTER "
    guard !scalar.isASCII, let name = scalar.properties.name, name.hasPrefix(prefix) else { return nil }
    let rest = name.dropFirst(prefix.count)
    guard rest.dropFirst().hasPrefix(" WITH "), let letter = rest.first else { return nil }
    return letter.lowercased().unicodeScalars.first
  }

  private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
    }
    return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}

/// File names in the order in which people count: `3.mcap` before `12.mcap`, case and accents apart.
package enum NameOrder {
  /// A text whose bytes sort as the name should: each number is preceded by its length.
  package static func key(_ name: String) -> String {
    var key = ""
    var digits = Substring.UnicodeScalarView()
    func flush() {
      guard !digits.isEmpty else { return }
      let number = digits.drop { $0 == "0" }.prefix(99)
      key += (number.count < 10 ? "0" : "") + String(number.count) + String(String.UnicodeScalarView(number))
      digits = Substring.UnicodeScalarView()
    }
    for scalar in SearchWords.fold(name).unicodeScalars {
      if ("0"..."9").contains(scalar) {
        digits.append(scalar)
      } else {
        flush()
        key.unicodeScalars.append(scalar)
      }
    }
    flush()
    precondition(key.utf8.count <= CatalogLimits.nameKeyBytesMax, "a fitted name has at most 255 bytes")
    return key
  }
}

/// Ranges of texts that begin with a prefix, for indexes that compare bytes.
package enum Prefix {
  /// The least text above every text that begins with `prefix`; nil when there is none.
  package static func end(of prefix: String) -> String? {
    var scalars = Array(prefix.unicodeScalars)
    while let last = scalars.popLast() {
      guard last.value < 0x10FFFF else { continue }
      let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
      guard let scalar = Unicode.Scalar(next) else { preconditionFailure("surrogates are stepped over") }
      return String(String.UnicodeScalarView(scalars + [scalar]))
    }
    return nil
  }
}
