import AcqCatalog
import AcqCore
import Testing

@Suite("Words and names") struct SearchWordsTests {
  @Test(
    "text is split into folded words",
    arguments: [
      ("2026-06-14_Endurance.mcap", ["2026", "06", "14", "endurance", "mcap"]),
      ("Anna MÜLLER", ["anna", "muller"]), ("Mu\u{308}ller", ["muller"]), ("Straße", ["strasse"]),
      ("Ørsted Łódź", ["orsted", "lodz"]), ("İstanbul", ["istanbul"]), ("Ёлка 日本", ["ёлка", "日本"]),
      ("æon", ["æon"]),
      ("", []), (" -- \n", []), ("3.5", ["3", "5"]), ("½", ["½"]),
    ])
  func splits(text: String, words: [String]) {
    #expect(SearchWords.split(text) == words)
  }

  @Test("long words are cut alike in entries and queries")
  func cutsLongWords() {
    let word = String(repeating: "a", count: 33)
    #expect(SearchWords.split(word) == [String(repeating: "a", count: 32)])
    #expect(SearchWords.split(String(word.dropLast())) == [String(repeating: "a", count: 32)])
  }

  @Test("an entry's words are distinct, ascending and limited")
  func limitsWords() {
    var entries = RandomEntries(seed: 1)
    var entry = entries.entry()
    entry.metadata = [CatalogMetadata(name: "m", fields: (0..<3_000).map { ("f", "word\($0) WORD\($0)") })]
    let words = SearchWords.words(of: entry)
    #expect(words.count == CatalogLimits.wordsMax)
    #expect(
      zip(words, words.dropFirst()).allSatisfy { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
  }

  @Test("names are ordered as people count")
  func ordersNames() {
    let ordered = [
      "", "1.mcap", "01.mcap", "2.mcap", "9.mcap", "10.mcap", "100.mcap", "99999999999999999999999.mcap",
      "a.mcap",
      "a1.mcap", "A2.mcap", "ä10.mcap", "b.mcap",
    ]
    let keys = ordered.map(NameOrder.key)
    #expect(keys[1] == keys[2], "leading zeros do not count")
    for (first, second) in zip(keys, keys.dropFirst()) where first != second {
      #expect(Array(first.utf8).lexicographicallyPrecedes(Array(second.utf8)), "\(first) before \(second)")
    }
  }

  @Test("the longest name has a key within its limit")
  func limitsKeys() {
    for unit in ["1", "1a", "Ⱥ1", "ß", "ﬃ", "é"] {
      var entries = RandomEntries(seed: 2)
      var entry = entries.entry()
      entry.name = String(repeating: unit, count: 255)
      let key = NameOrder.key(entry.fitted.name)
      #expect(key.utf8.count <= CatalogLimits.nameKeyBytesMax)
    }
  }

  @Test("a prefix ends just before the next text that does not have it")
  func endsPrefixes() {
    #expect(Prefix.end(of: "a") == "b")
    #expect(Prefix.end(of: "") == nil)
    #expect(Prefix.end(of: "a\u{10FFFF}") == "b")
    #expect(Prefix.end(of: "\u{10FFFF}\u{10FFFF}") == nil)
    #expect(Prefix.end(of: "\u{D7FF}") == "\u{E000}")
    #expect(Prefix.end(of: "zz\u{7F}") == "zz\u{80}")
  }
}
