import AcqCore
import AcqReplication
import AcqWire
import Testing

@Suite("Catching up, step by step")
struct CatchUpTests {
  let peer = makeNodeID("peer")
  let author = makeNodeID("author")
  let other = makeHashOf("another root")

  private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

  private func makeManifest(_ count: Int) -> Manifest {
    Manifest(accepted: [author], loading: makeRows(author: author, count: count, seed: 1))
  }

  /// A machine after the peer's HELLO with `root`, and what it said.
  private func greet(
    _ manifest: inout Manifest, isDialler: Bool, mark: CatchUp.Mark? = nil, root: ManifestHash? = nil
  ) -> (CatchUp, [CatchUp.Action]) {
    var machine = CatchUp(peer: peer, isDialler: isDialler, mark: mark, helloRoot: manifest.root())
    let actions = machine.handle(.peerHello(root: root ?? other), manifest: &manifest, at: at(0))
    return (machine, actions)
  }

  private func store(_ manifest: inout Manifest, seed: UInt64, author: NodeID? = nil) -> StatementRef {
    var random = SeededRandom(seed: seed)
    let reference = StatementRef(
      author: author ?? self.author, key: makeKey(&random), hash: makeHash(&random))
    manifest.set(
      author: reference.author, key: reference.key,
      entry: ManifestEntry(sequence: 1, hash: reference.hash, stored: manifest.storeCounter + 1, source: nil))
    return reference
  }

  @Test("equal roots in HELLO set the mark and say nothing")
  func equalHello() {
    var manifest = makeManifest(3)
    let (machine, actions) = greet(&manifest, isDialler: true, root: manifest.root())
    #expect(actions == [.setMark(CatchUp.Mark(counter: 3, authors: nil))])
    #expect(machine.isInSync)
    let again = greet(
      &manifest, isDialler: true, mark: CatchUp.Mark(counter: 3, authors: nil), root: manifest.root())
    #expect(again.1 == [], "a mark that has not changed is not written again")
  }

  @Test("without a mark the dialler shows ROOTS and the listener waits")
  func unmarked() {
    var manifest = makeManifest(3)
    let roots = [AuthorRoot(author: author, root: manifest.authorRoot(author))]
    #expect(greet(&manifest, isDialler: true).1 == [.send(.roots(roots))])
    #expect(greet(&manifest, isDialler: false).1 == [])
  }

  @Test("with a mark and nothing new, ROOT is said all the same", arguments: [true, false])
  func markedWithoutNews(isDialler: Bool) {
    var manifest = makeManifest(3)
    let (_, actions) = greet(&manifest, isDialler: isDialler, mark: CatchUp.Mark(counter: 3, authors: nil))
    #expect(actions == [.send(.root(manifest.root(), seen: 0))])
  }

  @Test("a mark beyond the own counter is of another life of the ledger, and none")
  func impossibleMark() {
    var manifest = makeManifest(3)
    let (_, actions) = greet(&manifest, isDialler: false, mark: CatchUp.Mark(counter: 4, authors: nil))
    #expect(actions == [])
  }

  @Test("a ROOT that differs and has seen everything: the dialler shows ROOTS, the listener its ROOT")
  func freshDifference() {
    var manifest = makeManifest(3)
    var (listener, _) = greet(&manifest, isDialler: false)
    #expect(
      listener.handle(.root(other, seen: 0), manifest: &manifest, at: at(1))
        == [.send(.root(manifest.root(), seen: 0))])
    var (dialler, _) = greet(&manifest, isDialler: true, mark: CatchUp.Mark(counter: 3, authors: nil))
    let roots = [AuthorRoot(author: author, root: manifest.authorRoot(author))]
    #expect(dialler.handle(.root(other, seen: 0), manifest: &manifest, at: at(1)) == [.send(.roots(roots))])
    #expect(
      dialler.handle(.root(other, seen: 0), manifest: &manifest, at: at(2)) == [],
      "no second ROOTS and no ROOT before it has finished")
  }

  @Test("a ROOT that has not seen everything is passed over, until the difference has lasted 60 s")
  func staleDifference() {
    var manifest = makeManifest(3)
    var (machine, _) = greet(&manifest, isDialler: true, mark: CatchUp.Mark(counter: 2, authors: nil))
    #expect(machine.handle(.statementsSent(1), manifest: &manifest, at: at(0)) == [])
    #expect(machine.handle(.root(other, seen: 0), manifest: &manifest, at: at(100)) == [])
    #expect(machine.handle(.root(other, seen: 0), manifest: &manifest, at: at(60_099)) == [])
    let roots = [AuthorRoot(author: author, root: manifest.authorRoot(author))]
    #expect(
      machine.handle(.root(other, seen: 0), manifest: &manifest, at: at(60_100)) == [.send(.roots(roots))])
  }

  @Test("ROOT is said after 200 ms of quiet, once, and after 60 s anyway")
  func quiet() {
    var manifest = makeManifest(3)
    var (machine, _) = greet(&manifest, isDialler: true, root: manifest.root())
    #expect(machine.handle(.tick, manifest: &manifest, at: at(200)) == [])
    #expect(machine.deadline == at(60_000))
    let reference = store(&manifest, seed: 50)
    #expect(
      machine.handle(.stored(reference, source: nil), manifest: &manifest, at: at(1_000))
        == [.sendStatements([reference], requestID: 0)])
    #expect(!machine.isInSync)
    _ = machine.handle(.statementsSent(1), manifest: &manifest, at: at(1_000))
    #expect(machine.deadline == at(1_200))
    #expect(machine.handle(.tick, manifest: &manifest, at: at(1_199)) == [])
    let root = CatchUp.Action.send(.root(manifest.root(), seen: 0))
    #expect(machine.handle(.tick, manifest: &manifest, at: at(1_200)) == [root])
    #expect(machine.handle(.tick, manifest: &manifest, at: at(1_400)) == [])
    #expect(machine.deadline == at(61_200))
    #expect(machine.handle(.tick, manifest: &manifest, at: at(61_200)) == [root])
  }

  @Test("ROOT tells how many of the peer's statements were dealt with")
  func seen() {
    var manifest = makeManifest(3)
    var (machine, _) = greet(&manifest, isDialler: true, root: manifest.root())
    _ = machine.handle(.statementDealt(2), manifest: &manifest, at: at(10))
    _ = machine.handle(.statementDealt(3), manifest: &manifest, at: at(20))
    #expect(
      machine.handle(.tick, manifest: &manifest, at: at(220)) == [.send(.root(manifest.root(), seen: 5))])
  }

  @Test(
    "a statement is not pushed to the peer that it came from, nor before its HELLO, nor of an author not accepted"
  )
  func notPushed() {
    var manifest = makeManifest(3)
    var early = CatchUp(peer: peer, isDialler: true, mark: nil, helloRoot: manifest.root())
    let reference = store(&manifest, seed: 9)
    #expect(early.handle(.stored(reference, source: nil), manifest: &manifest, at: at(0)) == [])
    var (machine, _) = greet(&manifest, isDialler: true, root: manifest.root())
    #expect(machine.handle(.stored(reference, source: peer), manifest: &manifest, at: at(0)) == [])
    let stranger = store(&manifest, seed: 9, author: makeNodeID("stranger"))
    #expect(machine.handle(.stored(stranger, source: nil), manifest: &manifest, at: at(0)) == [])
  }

  @Test(
    "pushes wait for the shell: 256 at a time, each register once, the newest statement, ROOT behind them")
  func batches() {
    var manifest = makeManifest(600)
    var (machine, actions) = greet(&manifest, isDialler: false, mark: CatchUp.Mark(counter: 0, authors: nil))
    let batch = manifest.stored(after: 0, authors: nil, notFrom: peer) ?? []
    #expect(actions == [.sendStatements(Array(batch[..<256]), requestID: 0)])
    // The last one is replaced while it waits: it goes once, as it is then.
    let late = StatementRef(
      author: author, key: batch[599].key, hash: StatementHash(sameBytesAs: makeDigest("new")))
    manifest.set(
      author: author, key: late.key,
      entry: ManifestEntry(sequence: 99, hash: late.hash, stored: 601, source: nil))
    #expect(machine.handle(.stored(late, source: nil), manifest: &manifest, at: at(1)) == [])
    #expect(machine.handle(.statementsSent(255), manifest: &manifest, at: at(2)) == [])
    actions = machine.handle(.statementsSent(1), manifest: &manifest, at: at(2))
    #expect(actions == [.sendStatements(Array(batch[256..<512]), requestID: 0)])
    #expect(machine.deadline == nil, "ROOT waits behind the statements")
    actions = machine.handle(.statementsSent(256), manifest: &manifest, at: at(3))
    #expect(
      actions == [
        .sendStatements(Array(batch[512..<599]) + [late], requestID: 0),
        .send(.root(manifest.root(), seen: 0)),
      ])
  }

  @Test("the listener pushes an author whole that ROOTS show as zero, then says its ROOTS")
  func zeroAuthor() {
    var manifest = makeManifest(300)
    var (machine, _) = greet(&manifest, isDialler: false)
    let theirs = [AuthorRoot(author: author, root: .zero)]
    let first = machine.handle(.roots(theirs), manifest: &manifest, at: at(1))
    let all = manifest.statements(author: author, after: nil, limit: .max)
    #expect(first == [.sendStatements(Array(all[..<256]), requestID: 0)])
    let rest = machine.handle(.statementsSent(256), manifest: &manifest, at: at(2))
    let roots = [AuthorRoot(author: author, root: manifest.authorRoot(author))]
    #expect(rest == [.sendStatements(Array(all[256...]), requestID: 0), .send(.roots(roots))])
    // The same pair again is not pushed again.
    _ = machine.handle(.statementsSent(44), manifest: &manifest, at: at(3))
    #expect(machine.handle(.roots(theirs), manifest: &manifest, at: at(4)) == [.send(.roots(roots))])
  }

  @Test("STATEMENT_GET is answered with what is there, counted, then END")
  func statementGet() {
    var manifest = makeManifest(3)
    var (machine, _) = greet(&manifest, isDialler: false)
    let found = manifest.statements(author: author, after: nil, limit: 2)
    #expect(
      machine.handle(
        .statementGet(requestID: 8, found: found, isComplete: false), manifest: &manifest, at: at(1))
        == [.sendStatements(found, requestID: 8), .send(.end(requestID: 8, .notHeld))])
    #expect(
      machine.handle(.statementGet(requestID: 9, found: [], isComplete: true), manifest: &manifest, at: at(1))
        == [.send(.end(requestID: 9, .ok))])
    // A ROOT that has seen one of the two is passed over.
    #expect(machine.handle(.root(other, seen: 1), manifest: &manifest, at: at(2)) == [])
    #expect(machine.handle(.root(other, seen: 2), manifest: &manifest, at: at(3)).count == 1)
  }

  @Test("a walk that gets no answer for 60 s ends the session, without blame")
  func silence() {
    var manifest = makeManifest(3)
    var (machine, _) = greet(&manifest, isDialler: true)
    #expect(machine.deadline == at(60_000))
    #expect(machine.handle(.tick, manifest: &manifest, at: at(59_999)) == [])
    _ = machine.handle(.statementDealt(1), manifest: &manifest, at: at(30_000))
    #expect(machine.handle(.tick, manifest: &manifest, at: at(60_000)) == [])
    let actions = machine.handle(.tick, manifest: &manifest, at: at(90_000))
    guard case .fail(let error)? = actions.first else {
      Issue.record("fails")
      return
    }
    #expect(error.kind == .silent && error.isTransient)
    #expect(machine.deadline == nil)
    #expect(machine.handle(.root(other, seen: 0), manifest: &manifest, at: at(90_001)) == [])
  }

  @Test("messages out of turn end the session")
  func outOfTurn() {
    var manifest = makeManifest(3)
    let roots = [AuthorRoot(author: author, root: .zero)]
    let always: [CatchUp.Event] = [
      .peerHello(root: other), .treeNode(requestID: 0x8000_0001, index: 0, .empty),
      .end(requestID: 0x8000_0001, .ok),
    ]
    for event in always {
      for isDialler in [true, false] {
        var (machine, _) = greet(&manifest, isDialler: isDialler)
        expectFailure(machine.handle(event, manifest: &manifest, at: at(1)), .unexpected)
      }
    }
    var (dialler, _) = greet(&manifest, isDialler: true, mark: CatchUp.Mark(counter: 3, authors: nil))
    expectFailure(dialler.handle(.roots(roots), manifest: &manifest, at: at(1)), .unexpected)
    let early: [CatchUp.Event] = [
      .root(other, seen: 0), .roots(roots), .statementDealt(1), .end(requestID: 1, .ok),
      .treeGet(TreeRequest(requestID: 1, author: author, prefixes: [])),
      .statementGet(requestID: 1, found: [], isComplete: true), .treeNode(requestID: 1, index: 0, .empty),
    ]
    for event in early {
      var machine = CatchUp(peer: peer, isDialler: true, mark: nil, helloRoot: manifest.root())
      expectFailure(machine.handle(event, manifest: &manifest, at: at(0)), .unexpected)
    }
  }

  @Test("ROOTS with authors out of order or twice end the session")
  func unsortedRoots() {
    var manifest = makeManifest(3)
    let authors = [makeNodeID("a"), makeNodeID("b")].sorted().map { AuthorRoot(author: $0, root: .zero) }
    for bad in [[authors[1], authors[0]], [authors[0], authors[0]]] {
      var (machine, _) = greet(&manifest, isDialler: false)
      expectFailure(machine.handle(.roots(bad), manifest: &manifest, at: at(1)), .rootsRefused)
    }
  }

  private func expectFailure(
    _ actions: [CatchUp.Action], _ kind: ReplicationError.Kind,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard actions.count == 1, case .fail(let error) = actions[0] else {
      Issue.record("fails, not \(actions)", sourceLocation: sourceLocation)
      return
    }
    #expect(error.kind == kind, sourceLocation: sourceLocation)
    #expect(!error.isTransient, sourceLocation: sourceLocation)
  }
}

private func makeHashOf(_ text: String) -> ManifestHash { ManifestHash(sameBytesAs: makeDigest(text)) }
