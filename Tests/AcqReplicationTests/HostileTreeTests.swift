import AcqCore
import AcqReplication
import AcqWire
import Testing

/// A peer that is trusted and lies about its tree: every refusal of protocol §4 "Walk", and bounded work.
@Suite("A hostile tree")
struct HostileTreeTests {
  let author = makeNodeID("author")
  let now = Instant(nanoseconds: 0)
  let theirs = ManifestHash(sameBytesAs: makeDigest("their root"))

  /// A dialler that has asked for the top of the author's tree, and its request.
  private struct Walker {
    var machine: CatchUp
    var manifest: Manifest
    var request: TreeRequest

    mutating func answer(_ node: TreeNode, index: UInt16 = 0) -> [CatchUp.Action] {
      handle(.treeNode(requestID: request.requestID, index: index, node))
    }

    mutating func end(_ status: EndStatus = .ok) -> [CatchUp.Action] {
      let actions = handle(.end(requestID: request.requestID, status))
      for case .send(.treeGet(let next)) in actions { request = next }
      return actions
    }

    private mutating func handle(_ event: CatchUp.Event) -> [CatchUp.Action] {
      machine.handle(event, manifest: &manifest, at: Instant(nanoseconds: 0))
    }
  }

  private func makeWalker(
    ownCount: Int = 1, rules: CatchUpRules = CatchUpRules(), accepted: Set<NodeID>? = nil
  ) throws -> Walker {
    var manifest = Manifest(
      accepted: accepted ?? [author], loading: makeRows(author: author, count: ownCount, seed: 2))
    var machine = CatchUp(
      peer: makeNodeID("peer"), isDialler: true, mark: nil, helloRoot: manifest.root(), rules: rules)
    _ = machine.handle(.peerHello(root: theirs), manifest: &manifest, at: now)
    let actions = machine.handle(
      .roots([AuthorRoot(author: author, root: theirs)]), manifest: &manifest, at: now)
    guard case .send(.treeGet(let request))? = actions.last else { throw Broken("walks: \(actions)") }
    return Walker(machine: machine, manifest: manifest, request: request)
  }

  private func makeEntries(_ count: Int, under prefix: NibblePrefix = .empty, seed: UInt64 = 3) -> [TreeNode
    .Entry]
  {
    var random = SeededRandom(seed: seed)
    let keys = (0..<count).map { _ -> RegisterKey in
      let bytes = (0..<64).map { index in
        index < prefix.nibbleCount ? prefix.nibble(index) : Int.random(in: 0..<16, using: &random)
      }
      let key = RegisterKey(stride(from: 0, to: 64, by: 2).map { UInt8(bytes[$0] << 4 | bytes[$0 + 1]) })
      return key ?? .zero
    }
    return keys.sorted().map { TreeNode.Entry(key: $0, sequence: 1, hash: makeHash(&random)) }
  }

  private func makeChildren(_ counts: [Int: UInt32]) -> [TreeNode.Child?] {
    (0..<16).map { index in
      counts[index].map {
        TreeNode.Child(count: $0, hash: ShortHash(ManifestHash(sameBytesAs: makeDigest("child \(index)"))))
      }
    }
  }

  private func makeInner(_ prefix: NibblePrefix, _ counts: [Int: UInt32]) -> TreeNode {
    .inner(prefix: prefix, children: makeChildren(counts))
  }

  private func expectRefused(_ actions: [CatchUp.Action], sourceLocation: SourceLocation = #_sourceLocation) {
    guard case .fail(let error)? = actions.last, error.kind == .treeRefused else {
      Issue.record("refused, not \(actions)", sourceLocation: sourceLocation)
      return
    }
  }

  private func prefix(_ nibbles: [Int]) -> NibblePrefix {
    nibbles.reduce(NibblePrefix.empty) { $0.appending($1) ?? $0 }
  }

  private func statementGet(_ actions: [CatchUp.Action]) -> (id: UInt32, hashes: [StatementHash])? {
    for case .send(.statementGet(let id, let hashes)) in actions { return (id, hashes) }
    return nil
  }

  @Test("an inner node with 17 statements below is taken, one with 16 refused")
  func innerCount() throws {
    var good = try makeWalker()
    #expect(good.answer(makeInner(.empty, [0: 16, 1: 1])) == [])
    var bad = try makeWalker()
    expectRefused(bad.answer(makeInner(.empty, [0: 15, 1: 1])))
  }

  @Test("an inner node with one child, no child, or a child without statements is refused")
  func innerChildren() throws {
    for counts: [Int: UInt32] in [[3: 20], [:], [3: 20, 4: 0]] {
      var walker = try makeWalker()
      expectRefused(walker.answer(makeInner(.empty, counts)))
    }
    var short = try makeWalker()
    expectRefused(short.answer(.inner(prefix: .empty, children: Array(makeChildren([0: 9, 1: 9])[..<15]))))
  }

  @Test("an inner node whose prefix does not extend the requested one is refused")
  func innerPrefix() throws {
    for bad in [prefix([]), prefix([4]), prefix([4, 4]), prefix([2])] {
      var walker = try makeWalker()
      _ = walker.answer(makeInner(.empty, [3: 20, 5: 1]))
      _ = walker.end()
      #expect(walker.request.prefixes == [prefix([3]), prefix([5])])
      expectRefused(walker.answer(makeInner(bad, [3: 20, 5: 1])))
    }
    var good = try makeWalker()
    _ = good.answer(makeInner(.empty, [3: 20, 5: 1]))
    _ = good.end()
    #expect(good.answer(makeInner(prefix([3, 9, 9]), [3: 20, 5: 1])) == [])
  }

  @Test("an inner node at depth 62 is taken, at 63 refused: its children would need 64 digits")
  func innerDepth() throws {
    var good = try makeWalker()
    #expect(good.answer(makeInner(prefix(Array(repeating: 1, count: 62)), [3: 20, 5: 1])) == [])
    var bad = try makeWalker()
    expectRefused(bad.answer(makeInner(prefix(Array(repeating: 1, count: 63)), [3: 20, 5: 1])))
  }

  @Test("a node may have as many statements as its parent declared, never fewer")
  func declared() throws {
    let under = prefix([3])
    let enough: [TreeNode] = [makeInner(under, [1: 17, 2: 3]), makeInner(under, [1: 100, 2: 3])]
    let fewer: [TreeNode] = [makeInner(under, [1: 17, 2: 2]), .leaf(makeEntries(16, under: under)), .empty]
    for (nodes, isGood) in [(enough, true), (fewer, false)] {
      for node in nodes {
        var walker = try makeWalker()
        _ = walker.answer(makeInner(.empty, [3: 20, 5: 1]))
        _ = walker.end()
        let actions = walker.answer(node)
        if isGood { #expect(actions == []) } else { expectRefused(actions) }
      }
    }
  }

  @Test("a leaf has 1 to 16 statements, sorted, each once, under the prefix")
  func leaves() throws {
    var good = try makeWalker()
    #expect(good.answer(.leaf(makeEntries(16))) == [])
    let entries = makeEntries(4)
    let bad = [makeEntries(17), [], [entries[1], entries[0]], [entries[0], entries[0]]]
    for entries in bad {
      var walker = try makeWalker()
      expectRefused(walker.answer(.leaf(entries)))
    }
    var outside = try makeWalker()
    _ = outside.answer(makeInner(.empty, [3: 16, 5: 1]))
    _ = outside.end()
    expectRefused(
      outside.answer(.leaf(makeEntries(15, under: prefix([3])) + makeEntries(1, under: prefix([4])))))
  }

  @Test("tree nodes come in order, as many as asked for, before END")
  func order() throws {
    var skipping = try makeWalker()
    expectRefused(skipping.answer(.empty, index: 1))
    var twice = try makeWalker()
    #expect(twice.answer(.empty) == [])
    expectRefused(twice.answer(.empty, index: 1))
    var none = try makeWalker()
    expectRefused(none.end())
  }

  @Test(
    "END with another status ends the walk; what it found is exchanged", arguments: [EndStatus.denied, .busy])
  func earlyEnd(status: EndStatus) throws {
    var walker = try makeWalker()
    let entries = makeEntries(16, under: prefix([3]))
    _ = walker.answer(makeInner(.empty, [3: 16, 5: 1]))
    _ = walker.end()
    _ = walker.answer(.leaf(entries))
    let actions = walker.end(status)
    let hashes = try #require(statementGet(actions)).hashes
    #expect(Set(hashes) == Set(entries.map(\.hash)))
  }

  @Test("at most 512 places are asked for at once")
  func requestLimits() throws {
    var walker = try makeWalker()
    let counts = Dictionary(uniqueKeysWithValues: (0..<16).map { ($0, UInt32(300)) })
    // Three full levels: 4 096 places.
    _ = walker.answer(makeInner(.empty, counts))
    _ = walker.end()
    #expect(walker.request.prefixes.count == 16)
    for _ in 0..<2 {
      for (index, prefix) in walker.request.prefixes.enumerated() {
        _ = walker.answer(makeInner(prefix, counts), index: UInt16(index))
      }
      _ = walker.end()
    }
    #expect(walker.request.prefixes.count == Limits.treeRequestsMax)
    for (index, prefix) in walker.request.prefixes.enumerated() {
      // Fewer than declared would be refused, so each place grows to a full one of 300.
      _ = walker.answer(makeInner(prefix, counts), index: UInt16(index))
    }
    _ = walker.end(.busy)
  }

  @Test("a walk fetches at most 256 statements at once, and goes on until it has all")
  func fetching() throws {
    var walker = try makeWalker(ownCount: 1)
    _ = walker.answer(makeInner(.empty, Dictionary(uniqueKeysWithValues: (0..<16).map { ($0, UInt32(17)) })))
    _ = walker.end()
    for (index, prefix) in walker.request.prefixes.enumerated() {
      let counts = Dictionary(uniqueKeysWithValues: (0..<16).map { ($0, UInt32($0 < 2 ? 16 : 1)) })
      _ = walker.answer(makeInner(prefix, counts), index: UInt16(index))
    }
    _ = walker.end()
    #expect(walker.request.prefixes.count == 256)
    var all: Set<StatementHash> = []
    for (index, prefix) in walker.request.prefixes.enumerated() {
      let entries = makeEntries(16, under: prefix, seed: UInt64(index))
      all.formUnion(entries.map(\.hash))
      #expect(walker.answer(.leaf(entries), index: UInt16(index)) == [])
    }
    var fetched: Set<StatementHash> = []
    var actions = walker.end()
    while let (id, hashes) = statementGet(actions) {
      #expect((1...256).contains(hashes.count))
      #expect(fetched.isDisjoint(with: hashes))
      fetched.formUnion(hashes)
      actions = walker.machine.handle(.end(requestID: id, .notHeld), manifest: &walker.manifest, at: now)
    }
    #expect(fetched.count == 4_096)
    #expect(fetched.symmetricDifference(all).count == 0)
  }

  @Test(
    "a tree without end is left after own count + declared count + 1 000 nodes",
    arguments: [UInt32(20), 2_000])
  func endless(declared: UInt32) throws {
    let ownCount = 50
    var walker = try makeWalker(ownCount: ownCount)
    var nodes = 0
    var isFirst = true
    var actions: [CatchUp.Action] = []
    repeat {
      for (index, prefix) in walker.request.prefixes.enumerated() {
        // Whoever asks below gets as much again, in every branch.
        let counts = Dictionary(
          uniqueKeysWithValues: (0..<16).map { ($0, isFirst ? declared / 16 + 1 : 4 * declared) })
        actions = walker.answer(makeInner(prefix, counts), index: UInt16(index))
        if case .fail(let error)? = actions.last { throw error }
        isFirst = false
        nodes += 1
      }
      actions = walker.end()
    } while nodes < 100_000 && actions.contains { if case .send(.treeGet) = $0 { true } else { false } }
    let sum = Int(declared / 16 + 1) * 16
    #expect(nodes <= ownCount + sum + 1_000)
    #expect(walker.machine.deadline != nil, "the session goes on")
  }

  @Test("a count of four billions buys no more work than the largest author")
  func boastingCount() throws {
    // The budget itself is met in `endless`; here, that a lie does not overflow and the walk stays alive.
    var walker = try makeWalker()
    let counts = Dictionary(uniqueKeysWithValues: (0..<16).map { ($0, UInt32.max) })
    #expect(walker.answer(makeInner(.empty, counts)) == [])
    _ = walker.end()
    #expect(walker.request.prefixes.count == 16)
    expectRefused(walker.answer(makeInner(prefix([0]), [1: 17, 2: 17])))
  }
}
