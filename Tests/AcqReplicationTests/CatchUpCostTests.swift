import AcqCore
import AcqReplication
import AcqWire
import Testing

@Suite("What catching up costs")
struct CatchUpCostTests {
  let author = makeNodeID("author")

  private func makeManifest(_ count: Int, seed: UInt64 = 1, accepted: Set<NodeID>? = nil) -> Manifest {
    Manifest(
      accepted: accepted ?? [author], loading: makeRows(author: author, count: count, seed: seed))
  }

  private func makeSaid(_ seed: UInt64, author: NodeID? = nil) -> Said {
    var random = SeededRandom(seed: seed)
    return Said(author: author ?? self.author, key: makeKey(&random), sequence: 9, hash: makeHash(&random))
  }

  @Test("two nodes in sync say one HELLO each and nothing else, with 10 000 statements, for a minute")
  func inSync() throws {
    let manifest = makeManifest(10_000)
    var duet = Duet(manifest, manifest)
    duet.connect()
    try duet.settle(seconds: 59)
    #expect(duet.kinds(0) == ["HELLO"])
    #expect(duet.kinds(1) == ["HELLO"])
    #expect(duet.halfTrips == 1)
    #expect(duet.machines.allSatisfy { $0.isInSync })
    let mark = CatchUp.Mark(counter: 10_000, authors: nil)
    #expect(duet.marks == [mark, mark])
  }

  @Test("with a mark one new statement costs the statement and a ROOT each way", arguments: [0, 1])
  func knownMark(side: Int) throws {
    let manifest = makeManifest(10_000)
    let mark = CatchUp.Mark(counter: 10_000, authors: nil)
    var duet = Duet(manifest, manifest, marks: [mark, mark])
    duet.store(makeSaid(77), at: side)
    duet.connect()
    try duet.settle()
    #expect(duet.kinds(side) == ["HELLO", "STATEMENT", "ROOT"])
    #expect(duet.kinds(1 - side).prefix(2) == ["HELLO", "ROOT"])
    #expect(duet.count("STATEMENT") == 1)
    #expect(duet.count("ROOTS") + duet.count("TREE_GET") == 0)
    #expect(duet.count("ROOT") <= 3)
    #expect(duet.machines.allSatisfy { $0.isInSync })
  }

  @Test("live news costs the statement and a ROOT each way")
  func live() throws {
    let manifest = makeManifest(100)
    var duet = Duet(manifest, manifest)
    duet.connect()
    try duet.settle()
    duet.store(makeSaid(5), at: 0)
    try duet.settle()
    #expect(duet.kinds(0) == ["HELLO", "STATEMENT", "ROOT"])
    #expect(duet.kinds(1).filter { $0 == "ROOT" }.count <= 2)
    #expect(duet.machines.allSatisfy { $0.isInSync })
  }

  @Test(
    "without a mark one difference in 100 000 costs a walk of at most 1.8 KB and 5 round trips",
    arguments: [0, 1])
  func coldWalk(side: Int) throws {
    let manifest = makeManifest(100_000)
    var walked: [Int] = []
    for seed in 1...UInt64(scaled(debug: 5, release: 21)) {
      var duet = Duet(manifest, manifest)
      duet.store(makeSaid(seed), at: side)
      duet.connect()
      try duet.settle()
      walked.append(duet.byteCount(["TREE_GET", "TREE_NODE", "END"]))
      #expect(duet.count("TREE_GET") <= 5)
      #expect(duet.count("STATEMENT") == 1)
      // HELLO, ROOTS and their answer, the walk, STATEMENT_GET, ROOT and its answer.
      #expect(duet.halfTrips <= 1 + 2 + 10 + 2 + 2, "\(duet.halfTrips) half trips")
      #expect(duet.manifests[0].root() == duet.manifests[1].root())
      #expect(duet.machines.allSatisfy { $0.isInSync })
    }
    // Where it ends in a full leaf, that alone is 1 152 B.
    let (median, most) = (walked.sorted()[walked.count / 2], walked.max() ?? 0)
    #expect(median <= 1_800 && most <= 2_700, "\(median) B, at most \(most) B")
  }

  @Test("a node without statements gets the author whole, without a walk", arguments: [0, 1])
  func firstExchange(empty: Int) throws {
    let full = makeManifest(2_000)
    let none = Manifest(accepted: [author])
    var duet = empty == 0 ? Duet(none, full) : Duet(full, none)
    duet.connect()
    try duet.settle()
    #expect(duet.count("STATEMENT") == 2_000)
    #expect(duet.count("TREE_GET") == 0)
    #expect(duet.count("ROOTS") == 2)
    #expect(duet.manifests[0].root() == duet.manifests[1].root())
  }

  @Test("a walk exchanges exactly what differs")
  func exactDifference() throws {
    var random = SeededRandom(seed: 17)
    for round in 0..<scaled(debug: 30, release: 200) {
      let count = [1, 2, 16, 17, 40, 300, 2_000].randomElement(using: &random) ?? 1
      let rows = makeRows(
        author: author, count: count, seed: random.next(), mask: round % 3 == 0 ? 0x33 : 255)
      var pair = [Manifest(accepted: [author], loading: rows), Manifest(accepted: [author], loading: rows)]
      var changed: [Int: Set<RegisterKey>] = [0: [], 1: []]
      for _ in 0..<Int.random(in: 0..<30, using: &random) {
        let side = Int.random(in: 0..<2, using: &random)
        let isNew = random.next() % 3 == 0
        let key = isNew ? makeKey(&random) : rows.randomElement(using: &random)?.key ?? .zero
        if changed[0]?.contains(key) ?? false || changed[1]?.contains(key) ?? false { continue }
        let entry = ManifestEntry(sequence: 10, hash: makeHash(&random), stored: 5_000, source: nil)
        pair[side].set(author: author, key: key, entry: entry)
        changed[side]?.insert(key)
      }
      var duet = Duet(pair[0], pair[1])
      duet.connect()
      try duet.settle()
      for side in 0..<2 {
        let given = duet.said[side].compactMap { frame in
          if case .said(let said) = frame { said.key } else { nil }
        }
        #expect(given.count == Set(given).count, "round \(round)")
        #expect(Set(given) == changed[side], "round \(round)")
      }
      #expect(duet.manifests[0].root() == duet.manifests[1].root())
    }
  }

  @Test(
    "nodes that accept different authors agree on the common ones, name the others, and say no more after that"
  )
  func differentAuthors() throws {
    let (here, there) = (makeNodeID("here"), makeNodeID("there"))
    var one = makeManifest(500, accepted: [author, here])
    var two = makeManifest(500, accepted: [author, there])
    let extra = makeSaid(1)
    for (name, manifest) in [(here, 0), (there, 1)] {
      for row in makeRows(author: name, count: 30, seed: 4) {
        if manifest == 0 { one.set(author: name, key: row.key, entry: row.entry) }
        if manifest == 1 { two.set(author: name, key: row.key, entry: row.entry) }
      }
    }
    var duet = Duet(one, two)
    duet.store(extra, at: 1)
    duet.connect()
    try duet.settle()
    #expect(duet.machines.allSatisfy { $0.isInSync })
    #expect(duet.machines[0].authorsOnlyHere == [here] && duet.machines[0].authorsOnlyThere == [there])
    #expect(duet.machines[1].authorsOnlyHere == [there] && duet.machines[1].authorsOnlyThere == [here])
    #expect(duet.count("STATEMENT") == 1)
    #expect(duet.marks.allSatisfy { $0?.authors == [author] })
    // News of an author that the peer does not accept is not pushed, and no reason for a ROOT.
    let before = duet.said.map(\.count)
    duet.store(makeSaid(2, author: here), at: 0)
    try duet.settle()
    #expect(duet.said.map(\.count) == before)
    // Again, with marks: ROOT each way shows that the whole differs, ROOTS that the common part does not.
    duet.connect()
    try duet.settle()
    #expect(duet.count("STATEMENT") == 0 && duet.count("TREE_GET") == 0)
    #expect(duet.count("ROOTS") == 2 && duet.count("ROOT") <= 3)
  }

  @Test("a node restored from an old snapshot gets back what it lost, by a walk")
  func restored() throws {
    let old = makeManifest(1_000)
    let mark = CatchUp.Mark(counter: 1_000, authors: nil)
    var duet = Duet(old, old, marks: [mark, mark])
    duet.connect()
    for seed in 100..<110 { duet.store(makeSaid(UInt64(seed)), at: 1) }
    try duet.settle()
    #expect(duet.marks[1]?.counter == 1_010)
    duet.manifests[0] = old
    duet.marks[0] = mark
    duet.connect()
    try duet.settle()
    #expect(duet.count("STATEMENT") == 10)
    #expect(duet.count("TREE_GET") > 0)
    #expect(duet.manifests[0].root() == duet.manifests[1].root())
  }

  @Test("10 000 statements since a mark are pushed; one more, and the difference is walked")
  func pushLimit() throws {
    for (count, isPushed) in [(10_000, true), (10_001, false)] {
      let base = makeManifest(100)
      let mark = CatchUp.Mark(counter: 100, authors: nil)
      var duet = Duet(base, base, marks: [mark, mark])
      var random = SeededRandom(seed: 6)
      for _ in 0..<count {
        duet.store(Said(author: author, key: makeKey(&random), sequence: 1, hash: makeHash(&random)), at: 0)
      }
      duet.connect()
      try duet.settle()
      #expect(duet.count("STATEMENT") == count)
      #expect((duet.count("TREE_GET") == 0) == isPushed)
      #expect(duet.manifests[0].root() == duet.manifests[1].root())
    }
  }
}
