import AcqCatalog
import AcqCore
import Testing

@Suite("Cursors and plans") struct CursorTests {
  private static let sorts = CatalogSort.Key.allCases.flatMap { key in
    [CatalogSort(key), CatalogSort(key, isDescending: true)]
  }

  private func entries(count: Int) -> [CatalogEntry] {
    var random = RandomEntries(seed: 3)
    return (0..<count).map { _ in random.entry() }
  }

  @Test("a cursor survives its text", arguments: sorts)
  func roundTrip(sort: CatalogSort) throws {
    for entry in entries(count: 50) {
      let cursor = CatalogCursor(after: entry, in: sort)
      #expect(try CatalogCursor(cursor.description, sort: sort) == cursor)
    }
  }

  @Test("a cursor of another order is refused and says whose it is", arguments: sorts)
  func boundToSort(sort: CatalogSort) throws {
    let cursor = CatalogCursor(after: entries(count: 1)[0], in: sort)
    for other in Self.sorts where other != sort {
      #expect(throws: CatalogError(.invalidQuery, "the cursor belongs to sort=\(sort), not to sort=\(other)"))
      {
        try CatalogCursor(cursor.description, sort: other)
      }
      #expect(throws: CatalogError.self) { try QueryPlan(CatalogQuery(sort: other, cursor: cursor)) }
    }
  }

  @Test("a cursor that is cut or changed anywhere is refused", arguments: sorts)
  func damaged(sort: CatalogSort) throws {
    let text = CatalogCursor(after: entries(count: 1)[0], in: sort).description
    for length in 0..<text.count {
      #expect(throws: CatalogError.self) { try CatalogCursor(String(text.prefix(length)), sort: sort) }
    }
    let bytes = try #require(Base64URL.decode(text))
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1
      #expect(throws: CatalogError.self) { try CatalogCursor(Base64URL.encode(changed), sort: sort) }
    }
    #expect(throws: CatalogError.self) { try CatalogCursor(String(repeating: "A", count: 5_000), sort: sort) }
    #expect(throws: CatalogError.self) { try CatalogCursor("", sort: sort) }
  }

  @Test("a forged cursor with a right checksum still has to make sense")
  func forged() {
    func text(_ bytes: [UInt8]) -> String {
      var writer = ByteWriter()
      writer.write(bytes)
      writer.writeBigEndian(CRC32.checksum(bytes))
      return Base64URL.encode(writer.bytes)
    }
    let id = [UInt8](repeating: 7, count: 32)
    let start = CatalogSort(.start)
    #expect(throws: Never.self) { try CatalogCursor(text([1, 0] + id), sort: start) }
    #expect(throws: CatalogError.self) { try CatalogCursor(text([2, 0] + id), sort: start) }
    #expect(throws: CatalogError.self) { try CatalogCursor(text([1, 8] + id), sort: start) }
    #expect(throws: CatalogError.self) { try CatalogCursor(text([1, 0] + id + [0]), sort: start) }
    #expect(throws: CatalogError.self) {
      try CatalogCursor(text([1, 0] + id + [0x80, 0, 0, 0, 0, 0, 0, 0]), sort: start)
    }
    #expect(throws: CatalogError.self) { try CatalogCursor(text([1, 4] + id), sort: CatalogSort(.size)) }
    #expect(throws: CatalogError.self) {
      try CatalogCursor(text([1, 2] + id + [0xFF]), sort: CatalogSort(.name))
    }
    let longest = [UInt8](repeating: 97, count: CatalogLimits.nameKeyBytesMax)
    #expect(throws: Never.self) { try CatalogCursor(text([1, 2] + id + longest), sort: CatalogSort(.name)) }
    #expect(throws: CatalogError.self) {
      try CatalogCursor(text([1, 2] + id + longest + [97]), sort: CatalogSort(.name))
    }
  }

  @Test("orders are read as URLs write them")
  func sortText() {
    for sort in Self.sorts { #expect(CatalogSort(sort.description) == sort) }
    #expect(CatalogSort("-start") == CatalogSort(.start, isDescending: true))
    for text in ["", "-", "--start", "Start", "start ", "origin"] { #expect(CatalogSort(text) == nil) }
  }

  @Test("what is not offered is refused with a reason")
  func refusals() {
    func refuses(_ query: CatalogQuery) -> Bool {
      do { _ = try QueryPlan(query) } catch { return error.kind == .invalidQuery }
      return false
    }
    #expect(refuses(CatalogQuery(limit: 0)))
    #expect(!refuses(CatalogQuery(limit: 1)))
    #expect(!refuses(CatalogQuery(limit: 500)))
    #expect(refuses(CatalogQuery(limit: 501)))
    #expect(refuses(CatalogQuery(topic: "a*b")))
    #expect(refuses(CatalogQuery(topic: "**")))
    #expect(!refuses(CatalogQuery(topic: "a*")))
    #expect(!refuses(CatalogQuery(topic: String(repeating: "a", count: 1_024))))
    #expect(refuses(CatalogQuery(topic: String(repeating: "a", count: 1_025))))
    #expect(!refuses(CatalogQuery(text: String(repeating: "a", count: 1_024))))
    #expect(refuses(CatalogQuery(text: String(repeating: "a", count: 1_025))))
    #expect(!refuses(CatalogQuery(text: (0..<16).map(String.init).joined(separator: " "))))
    #expect(refuses(CatalogQuery(text: (0..<17).map(String.init).joined(separator: " "))))
  }

  @Test("a query becomes stretches of one index, without a time range also the entries without messages")
  func stretches() throws {
    let entry = entries(count: 20).first { $0.startNs != nil }
    let dated = try #require(entry)
    let sort = CatalogSort(.start)
    #expect(try QueryPlan(CatalogQuery(sort: sort)).stretches == [.beyond(nil), .valueless(past: nil)])
    #expect(try QueryPlan(CatalogQuery(fromNs: 1, sort: sort)).stretches == [.beyond(nil)])
    #expect(try QueryPlan(CatalogQuery(sort: CatalogSort(.name))).stretches == [.beyond(nil)])
    let cursor = CatalogCursor(after: dated, in: sort)
    let value = try #require(cursor.value)
    #expect(
      try QueryPlan(CatalogQuery(sort: sort, cursor: cursor)).stretches
        == [.ties(value: value, past: dated.id), .beyond(value), .valueless(past: nil)])
    var undated = dated
    (undated.startNs, undated.endNs) = (nil, nil)
    #expect(
      try QueryPlan(CatalogQuery(sort: sort, cursor: CatalogCursor(after: undated, in: sort))).stretches
        == [.valueless(past: dated.id)])
  }
}
