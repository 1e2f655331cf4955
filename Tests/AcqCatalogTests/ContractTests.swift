import AcqCatalog
import AcqCore
import Foundation
import TestSupport
import Testing

/// What every catalog does.
@Suite("Every catalog") struct ContractTests {
  @Test("keeps, replaces, counts and removes entries", arguments: Backend.allCases)
  func keeps(backend: Backend) throws {
    try withCatalog(backend) { catalog, _ in
      var random = RandomEntries(seed: 10)
      let first = random.entry()
      #expect(try catalog.entry(first.id) == nil)
      #expect(try catalog.count() == 0)
      #expect(try catalog.search(CatalogQuery()) == CatalogPage(entries: [], next: nil))
      try catalog.put([])
      try catalog.put(first)
      try catalog.put(first)
      #expect(try catalog.entry(first.id) == first)
      var changed = random.entry()
      changed.id = first.id
      try catalog.put(changed)
      #expect(try catalog.entry(first.id) == changed)
      #expect(try catalog.count() == 1)
      #expect(try CatalogQuery(text: String(first.id.hex.prefix(8))).all(in: catalog) == [changed])
      try catalog.remove(first.id)
      try catalog.remove(first.id)
      #expect(try catalog.entry(first.id) == nil)
      #expect(try catalog.count() == 0)
      #expect(try catalog.search(CatalogQuery(topic: "*")).entries.isEmpty)
      try catalog.checkAvailable()
    }
  }

  @Test("replaced words and topics are found no more", arguments: Backend.allCases)
  func forgets(backend: Backend) throws {
    try withCatalog(backend) { catalog, _ in
      var random = RandomEntries(seed: 11)
      var entry = random.entry()
      entry.name = "before.mcap"
      entry.topics = [CatalogTopic(name: "old", schema: "", encoding: "json", count: 0)]
      try catalog.put(entry)
      #expect(try catalog.search(CatalogQuery(topic: "old", text: "before")).entries == [entry])
      entry.name = "after.mcap"
      entry.topics[0].name = "new"
      try catalog.put(entry)
      #expect(try catalog.search(CatalogQuery(topic: "old")).entries.isEmpty)
      #expect(try catalog.search(CatalogQuery(text: "before")).entries.isEmpty)
      #expect(try catalog.search(CatalogQuery(topic: "new", text: "after")).entries == [entry])
    }
  }

  @Test("the extremes of every value survive", arguments: Backend.allCases)
  func extremes(backend: Backend) throws {
    try withCatalog(backend) { catalog, _ in
      let entry = CatalogEntry(
        id: RandomEntries.id(0, ContentID.self), name: "", origin: RandomEntries.id(255, NodeID.self),
        originName: "😀 \u{301} \"'\\\n\t\u{7F}\u{1}", sizeBytes: Limits.recordingBytesMax, startNs: 0,
        endNs: UInt64(Int64.max), isCutOff: true,
        topics: [
          CatalogTopic(name: "twice", schema: "a", encoding: "", count: UInt64(Int64.max)),
          CatalogTopic(name: "twice", schema: "b", encoding: "x", count: 0),
          CatalogTopic(name: "", schema: "", encoding: "", count: 1),
        ],
        metadata: [
          CatalogMetadata(name: "", fields: [("", ""), ("$key.with", "$value"), ("k", "1"), ("k", "2")]),
          CatalogMetadata(name: "", fields: [(String, String)]()),
        ], parent: RandomEntries.id(1, ContentID.self), problems: ["", "p"])
      try catalog.put(entry)
      #expect(try catalog.entry(entry.id) == entry)
      #expect(try catalog.search(CatalogQuery(fromNs: UInt64(Int64.max), toNs: 1)).entries == [entry])
      #expect(try catalog.search(CatalogQuery(fromNs: .max)).entries == [entry])
      #expect(try catalog.search(CatalogQuery(toNs: 0)).entries.isEmpty)
      #expect(try catalog.search(CatalogQuery(topic: "twice")).entries == [entry])
    }
  }

  @Test("ids come in order, all of them, by pieces", arguments: Backend.allCases)
  func listsIDs(backend: Backend) throws {
    try withCatalog(backend) { catalog, _ in
      var random = RandomEntries(seed: 12)
      let entries = (0..<50).map { _ in random.entry() }
      try catalog.put(entries)
      let expected = entries.map(\.id).sorted()
      #expect(try catalog.ids(after: nil, limit: 1_000) == expected)
      #expect(try catalog.ids(after: nil, limit: 0) == [])
      var pieces: [ContentID] = []
      while case let piece = try catalog.ids(after: pieces.last, limit: 7), !piece.isEmpty { pieces += piece }
      #expect(pieces == expected)
    }
  }

  @Test("every random query gives what a plain filter gives, page by page", arguments: Backend.allCases)
  func agreesWithNaive(backend: Backend) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    try withCatalog(backend) { catalog, _ in
      var random = RandomEntries(seed: seed)
      let naive = NaiveCatalog(entries: (0..<80).map { _ in random.entry() })
      try catalog.put(naive.entries)
      for _ in 0..<(backend == .sqlite ? 400 : 60) {
        let query = random.query()
        let found = try query.all(in: catalog)
        #expect(found == naive.search(query), "seed \(seed), \(query)")
        guard found == naive.search(query) else { break }
      }
    }
  }

  @Test("recordings without messages come last in both directions", arguments: Backend.allCases)
  func ordersUndated(backend: Backend) throws {
    try withCatalog(backend) { catalog, _ in
      var random = RandomEntries(seed: 13)
      let entries = (0..<9).map { index in
        var entry = random.entry()
        (entry.startNs, entry.endNs) = index % 3 == 0 ? (nil, nil) : (UInt64(index), UInt64(index * index))
        return entry
      }
      try catalog.put(entries)
      for key in [CatalogSort.Key.start, .duration] {
        for isDescending in [false, true] {
          for limit in 1...10 {
            let sort = CatalogSort(key, isDescending: isDescending)
            let found = try CatalogQuery(sort: sort, limit: limit).all(in: catalog)
            #expect(
              found.map { $0.startNs != nil } == [true, true, true, true, true, true, false, false, false])
            let ids = found.suffix(3).map(\.id)
            #expect(ids == (isDescending ? ids.sorted(by: >) : ids.sorted()))
          }
        }
      }
    }
  }

  @Test("pages stay right while recordings arrive, change and go", arguments: Backend.allCases)
  func pagesAreStable(backend: Backend) throws {
    try withCatalog(backend) { catalog, _ in
      var random = RandomEntries(seed: 14)
      let entries = (0..<60).map { _ in random.entry() }
      for key in CatalogSort.Key.allCases {
        for entry in entries { try catalog.put(entry) }
        var query = CatalogQuery(sort: CatalogSort(key, isDescending: true), limit: 7)
        var seen: [ContentID] = []
        var arrivals: [ContentID] = []
        repeat {
          let page = try catalog.search(query)
          seen += page.entries.map(\.id)
          query.cursor = page.next
          let arrivedBatch = (0..<5).map { _ in random.entry() }
          arrivals += arrivedBatch.map(\.id)
          try catalog.put(arrivedBatch)
          // The page's own last entry goes: its cursor still names a place.
          if let last = page.entries.last { try catalog.remove(last.id) }
        } while query.cursor != nil && seen.count < 2_000
        #expect(Set(seen).count == seen.count, "nothing twice")
        #expect(Set(entries.map(\.id)).isSubset(of: Set(seen)), "nothing left out")
        for id in arrivals { try catalog.remove(id) }
      }
    }
  }

  @Test("threads put and search at once", arguments: Backend.allCases)
  func worksFromThreads(backend: Backend) throws {
    try withCatalog(backend) { catalog, _ in
      let failures = Locked<[String]>([])
      DispatchQueue.concurrentPerform(iterations: 4) { thread in
        var random = RandomEntries(seed: UInt64(100 + thread))
        do {
          for _ in 0..<10 {
            let entry = random.entry()
            try catalog.put(entry)
            let found = try catalog.search(CatalogQuery(text: entry.id.hex)).entries
            if found != [entry] { failures.change { $0.append("not found: \(entry.id)") } }
          }
        } catch {
          failures.change { $0.append("\(error)") }
        }
      }
      #expect(failures.value == [])
      let count = try catalog.count()
      #expect(count == 40)
    }
  }
}
