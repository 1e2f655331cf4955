import AcqCore
import AcqCrypto
import AcqReplication
import AcqWire
import Testing

@Suite("Manifest")
struct ManifestTests {
  let author = makeNodeID("author")

  private func hash(_ text: String) -> Digest<Subjects.About> { makeDigest(text) }

  @Test(
    "roots are those of the independent reference (manifest_reference.py)",
    arguments: [
      (
        0, "0000000000000000000000000000000000000000000000000000000000000000",
        "21aa87633098bd47681962a8ec8e87058691be24e8b8a8f35a23a40694bb4d8e"
      ),
      (
        1, "3dabd0544999e9e867492bfc6068dbc18a46be297cd92117b5e475582a2c0743",
        "bf2dcb76ef89100cb1fdb404f8b76f65f06a5767a7029966c6873ada0e1ea582"
      ),
      (
        16, "97c91f24d2552d1cac958f7937149633a1f5d682c7d42fd1f5fe69839711569f",
        "be46595defd49e861b67dd719c42b56cc491ca31c82e48b4d12adb1b09b17844"
      ),
      (
        17, "a9dd2487d0d612212279dee904bbe749af4611e31ab09c98d0cebb77f8ae3ec5",
        "b5019c4c7ac739445e90c657dcb548603cf16c9b408757e2c6a50c42ce0416b5"
      ),
      (
        40, "2b0c945b2f74528ae560fa56d8db53734d0f24602caf8a462d2e2fc2df5c98dc",
        "795fc67ba307a2c4f47dff1f5648fd3209435b3f136278a5594b3965fac42998"
      ),
    ])
  func vectors(count: Int, authorRoot: String, root: String) {
    let authorA = NodeID(sameBytesAs: hash("author a"))
    var manifest = Manifest(accepted: [authorA])
    fill(&manifest, author: authorA, count: count)
    #expect(manifest.authorRoot(authorA).hex == authorRoot)
    #expect(manifest.root().hex == root)
  }

  @Test("two authors have the reference's root")
  func twoAuthors() {
    let (a, b) = (NodeID(sameBytesAs: hash("author a")), NodeID(sameBytesAs: hash("author b")))
    var manifest = Manifest(accepted: [b, a])
    fill(&manifest, author: a, count: 40)
    fill(&manifest, author: b, count: 40)
    #expect(manifest.root().hex == "06406f5290d77d0bd11cc21a6787889480e36b095cde5d8695fba76448e286da")
  }

  /// The reference's entries: registers of author a, whoever's tree they are in.
  private func fill(_ manifest: inout Manifest, author: NodeID, count: Int) {
    for index in 0..<count {
      let key = Statement.registerKey(
        kind: .recording, author: NodeID(sameBytesAs: hash("author a")), subject: hash("subject \(index)"))
      let entry = ManifestEntry(
        sequence: UInt64(index), hash: StatementHash(sameBytesAs: hash("statement \(index)")),
        stored: UInt64(index) + 1, source: nil)
      manifest.set(author: author, key: key, entry: entry)
    }
  }

  @Test(
    "roots and nodes equal the specification's words, in any order of coming",
    arguments: [UInt8(255), 0x33, 0x11])
  func wordByWord(mask: UInt8) {
    var random = SeededRandom(seed: UInt64(mask))
    for round in 0..<scaled(debug: 40, release: 200) {
      let leafMax = round % 2 == 0 ? 16 : 2
      let count = [0, 1, 2, 3, 15, 16, 17, 18, 60, 300].randomElement(using: &random) ?? 0
      var rows = makeRows(author: author, count: count, seed: random.next(), mask: mask)
      var manifest = Manifest(accepted: [author], leafMax: leafMax)
      var entries: [RegisterKey: (sequence: UInt64, hash: StatementHash)] = [:]
      for row in rows {
        // Every register twice, so that each is also replaced, and roots in between, so that caches go stale.
        manifest.set(
          author: author, key: row.key,
          entry: ManifestEntry(sequence: 0, hash: makeHash(&random), stored: 1, source: nil))
        if random.next() % 8 == 0 { _ = manifest.root() }
      }
      rows.shuffle(using: &random)
      for row in rows {
        manifest.set(author: author, key: row.key, entry: row.entry)
        entries[row.key] = (row.entry.sequence, row.entry.hash)
      }
      let reference = ReferenceTree(author: author, entries: entries, leafMax: leafMax)
      #expect(manifest.authorRoot(author) == reference.root, "mask \(mask), round \(round)")
      for _ in 0..<20 {
        let near = rows.randomElement(using: &random)?.key ?? .zero
        let nibbles = Int.random(in: 0...12, using: &random)
        let prefix = NibblePrefix(random.next() % 4 == 0 ? makeKey(&random) : near, nibbleCount: nibbles)
        #expect(manifest.treeNode(author: author, prefix: prefix) == reference.treeNode(prefix))
        #expect(
          manifest.entries(author: author, under: prefix).map(\.key) == reference.under(prefix).map(\.key))
      }
    }
  }

  @Test("a loaded manifest equals one that grew, and goes on growing alike")
  func loading() {
    for count in [0, 1, 16, 17, 1_000] {
      let rows = makeRows(author: author, count: count, seed: 5)
      var loaded = Manifest(accepted: [author], loading: rows.reversed())
      var grown = Manifest(accepted: [author])
      for row in rows { grown.set(author: author, key: row.key, entry: row.entry) }
      #expect(loaded.root() == grown.root())
      #expect(loaded.storeCounter == UInt64(count))
      for row in makeRows(author: author, count: 100, seed: 6) {
        loaded.set(author: author, key: row.key, entry: row.entry)
        grown.set(author: author, key: row.key, entry: row.entry)
      }
      #expect(loaded.root() == grown.root())
    }
  }

  @Test("roots are equal iff the sets are")
  func equality() {
    var random = SeededRandom(seed: 3)
    for _ in 0..<scaled(debug: 100, release: 1_000) {
      let rows = makeRows(author: author, count: Int.random(in: 1..<60, using: &random), seed: random.next())
      var one = Manifest(accepted: [author], loading: rows)
      var two = Manifest(accepted: [author], loading: rows.shuffled(using: &random))
      #expect(one.root() == two.root())
      guard let row = rows.randomElement(using: &random) else { continue }
      var entry = row.entry
      if random.next() % 2 == 0 { entry.sequence += 1 } else { entry.hash = makeHash(&random) }
      two.set(author: author, key: row.key, entry: entry)
      #expect(one.root() != two.root())
      one.set(author: author, key: row.key, entry: entry)
      #expect(one.root() == two.root())
    }
  }

  @Test("an author that is not accepted is in no root, no answer and no news")
  func acceptance() {
    let other = makeNodeID("other")
    var manifest = Manifest(accepted: [author])
    let empty = manifest.root()
    for row in makeRows(author: other, count: 20, seed: 1) {
      manifest.set(author: other, key: row.key, entry: row.entry)
    }
    #expect(manifest.root() == empty)
    #expect(manifest.authorRoot(other) == .zero)
    #expect(manifest.stored(after: 0, authors: nil, notFrom: author) == [])
    #expect(
      manifest.answer(TreeRequest(requestID: 7, author: other, prefixes: [.empty]))
        == [.end(requestID: 7, .denied)])
    manifest.accepted.insert(other)
    #expect(manifest.root() != empty)
    #expect(manifest.stored(after: 0, authors: nil, notFrom: author)?.count == 20)
  }

  @Test("what is new since a mark: newest per register, in order, never back to where it came from")
  func news() {
    var random = SeededRandom(seed: 9)
    let authors = [makeNodeID("a"), makeNodeID("b"), makeNodeID("c")]
    let peers = [nil, makeNodeID("x"), makeNodeID("y")]
    for round in 0..<scaled(debug: 50, release: 400) {
      let keys = authors.map { _ in (0..<10).map { _ in makeKey(&random) } }
      var manifest = Manifest(accepted: Set(authors.prefix(2)))
      var rows: [StatementRef: (stored: UInt64, source: NodeID?)] = [:]
      var counters = Array(1...UInt64(80))
      // Mostly ascending, as stores count; the order must not matter.
      if round % 4 == 0 { counters.shuffle(using: &random) }
      for stored in counters {
        let index = Int.random(in: 0..<3, using: &random)
        guard let key = keys[index].randomElement(using: &random),
          let source = peers.randomElement(using: &random)
        else { continue }
        let entry = ManifestEntry(sequence: stored, hash: makeHash(&random), stored: stored, source: source)
        manifest.set(author: authors[index], key: key, entry: entry)
        rows = rows.filter { $0.key.author != authors[index] || $0.key.key != key }
        rows[StatementRef(author: authors[index], key: key, hash: entry.hash)] = (stored, source)
      }
      let mark = UInt64.random(in: 0...80, using: &random)
      let expected = rows.filter { row in
        row.key.author == authors[0] && row.value.stored > mark && row.value.source != peers[1]
      }.sorted { $0.value.stored < $1.value.stored }.map(\.key)
      let peer = peers[1] ?? author
      #expect(manifest.stored(after: mark, authors: [authors[0], authors[2]], notFrom: peer) == expected)
      let all = manifest.stored(after: mark, authors: nil, notFrom: peer)?.count ?? 0
      #expect(manifest.stored(after: mark, authors: nil, notFrom: peer, limit: all) != nil)
      if all > 0 { #expect(manifest.stored(after: mark, authors: nil, notFrom: peer, limit: all - 1) == nil) }
    }
  }

  @Test("an author's registers are listed in pages, by key")
  func pages() {
    let rows = makeRows(author: author, count: 500, seed: 4, mask: 0x37)
    let manifest = Manifest(accepted: [author], loading: rows)
    let sorted = rows.map(\.key).sorted()
    var listed: [RegisterKey] = []
    while true {
      let page = manifest.statements(author: author, after: listed.last, limit: 7)
      if page.isEmpty { break }
      #expect(page.count <= 7)
      listed += page.map(\.key)
    }
    #expect(listed == sorted)
    var random = SeededRandom(seed: 8)
    for _ in 0..<200 {
      let bound = makeKey(&random, mask: 0x37)
      let page = manifest.statements(author: author, after: bound, limit: 3).map(\.key)
      #expect(page == Array(sorted.filter { $0 > bound }.prefix(3)))
    }
  }

  @Test("the count and the entry of a register are what was set")
  func entries() {
    let rows = makeRows(author: author, count: 100, seed: 12)
    var manifest = Manifest(accepted: [author], loading: rows)
    for row in rows { #expect(manifest.entry(author: author, key: row.key) == row.entry) }
    #expect(manifest.entry(author: author, key: .zero) == nil)
    #expect(manifest.count(of: author) == 100)
    #expect(manifest.count == 100)
    manifest.remove(author: author)
    #expect(manifest.count == 0)
  }
}
