import AcqCatalog
import AcqCore
import TestSupport
import Testing

@Suite("Entries that are too large") struct FittingTests {
  private func entry() -> CatalogEntry {
    var random = RandomEntries(seed: 30)
    return random.entry()
  }

  @Test("an ordinary entry is stored as it is")
  func keepsOrdinary() {
    var random = RandomEntries(seed: 31)
    for _ in 0..<100 {
      let entry = random.entry()
      #expect(entry.fitted == entry)
    }
  }

  @Test(
    "topics and metadata over their budgets are left out, and the entry says so", arguments: Backend.allCases)
  func trims(backend: Backend) throws {
    var entry = entry()
    entry.problems = ["known before"]
    let long = String(repeating: "x", count: 900)
    entry.topics = (0..<10_000).map {
      CatalogTopic(name: "topic \($0) \(long)", schema: long, encoding: "protobuf", count: 1)
    }
    let value = String(repeating: "y", count: 1 << 20)
    entry.metadata = [CatalogMetadata(name: "big", fields: (0..<100).map { ("field \($0)", value) })]
    let fitted = entry.fitted
    #expect(fitted.fitted == fitted, "fitting twice changes nothing")
    #expect(fitted.textBytes < 5 << 20)
    #expect(fitted.topics.count > 1_000)
    #expect(fitted.problems.contains("catalog: \(fitted.topics.count) of 10000 topics are listed"))
    #expect(
      fitted.problems.contains(
        "catalog: \(fitted.metadata[0].fields.count) of 100 metadata fields are listed"))
    #expect(fitted.problems.last == "known before")
    try withCatalog(backend) { catalog, _ in
      try catalog.put(entry)
      #expect(try catalog.entry(entry.id) == fitted)
      let topic = fitted.topics[999].name
      #expect(try catalog.search(CatalogQuery(topic: topic)).entries == [fitted])
    }
  }

  @Test("a document at all budgets stays far below MongoDB's 16 MiB")
  func staysBelowDocumentLimit() {
    var entry = entry()
    entry.topics = (0..<100_000).map { CatalogTopic(name: "\($0)", schema: "", encoding: "", count: 1) }
    entry.metadata = (0..<100_000).map { CatalogMetadata(name: "", fields: [("", "word\($0)")]) }
    entry.problems = (0..<200).map { _ in String(repeating: "z", count: 5_000) }
    let fitted = entry.fitted
    #expect(fitted.document.encoded.count < 8 << 20)
    #expect(fitted.details.utf8.count < 32 << 20)
  }

  @Test("texts are cut between characters, NUL is replaced")
  func cutsTexts() {
    var entry = entry()
    entry.name = String(repeating: "é", count: 127) + "a"
    #expect(entry.fitted.name == entry.name, "255 bytes fit")
    entry.name += "b"
    #expect(entry.fitted.name == String(repeating: "é", count: 126) + "…")
    entry.originName = "a\0b"
    #expect(entry.fitted.originName == "a\u{FFFD}b")
  }

  @Test("times beyond int64 are clamped and half a time range is none")
  func clampsTimes() {
    var entry = entry()
    (entry.startNs, entry.endNs) = (1, UInt64(Int64.max))
    #expect(entry.fitted.endNs == entry.endNs)
    entry.endNs = UInt64.max
    #expect(entry.fitted.endNs == UInt64(Int64.max))
    #expect(entry.fitted.problems.contains("catalog: a time after the year 2262 is stored as 2262"))
    entry.endNs = nil
    #expect(entry.fitted.startNs == nil)
  }

  @Test("a page ends early rather than holding hundreds of the largest entries", arguments: Backend.allCases)
  func limitsPages(backend: Backend) throws {
    try withCatalog(backend) { catalog, _ in
      var random = RandomEntries(seed: 32)
      let value = String(repeating: "v", count: 60 << 10)
      let entries = (0..<12).map { _ in
        var entry = random.entry()
        entry.metadata = [CatalogMetadata(name: "big", fields: (0..<34).map { ("\($0)", value) })]
        return entry
      }
      for entry in entries { try catalog.put(entry) }
      var query = CatalogQuery(limit: 500)
      var pages: [Int] = []
      var seen: Set<ContentID> = []
      repeat {
        let page = try catalog.search(query)
        pages.append(page.entries.count)
        seen.formUnion(page.entries.map(\.id))
        query.cursor = page.next
      } while query.cursor != nil
      #expect(pages.count > 1 && pages.allSatisfy { (1...9).contains($0) }, "\(pages)")
      #expect(seen == Set(entries.map(\.id)))
    }
  }
}
