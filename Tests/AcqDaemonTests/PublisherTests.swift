import AcqCore
import AcqCrypto
import AcqDaemon
import AcqReplication
import AcqStore
import AcqSystem
import TestSupport
import Testing

/// Commits with their receipts, on a disk that fails when the test says.
@Suite("Publisher") struct PublisherTests {
  private final class Scene {
    let key = NodeKey.generate(role: .base)
    let disk: FaultyDisk
    let store: DirectoryStore
    let engine: Engine
    let publisher: Publisher
    let committed = Monitor<[ContentID]>([])
    private var thread: Thread?

    init(_ directory: String) throws {
      guard let card = key.card(name: "base") else { throw TestSupportError("no card") }
      disk = FaultyDisk(try POSIXDisk(root: directory))
      let database = try NodeDatabase(directory + "/node.db", node: key.id)
      store = try DirectoryStore(disk: disk, database: database, node: key.id, log: .silent)
      let member = Member(id: key.id, name: "base", role: .base, isAccepted: true)
      engine = Engine(
        Replica(
          own: key.id, greeting: Replica.Greeting(name: "base", version: "0"),
          manifest: Manifest(accepted: [key.id]), view: TeamView(own: key.id, members: [member]), marks: [:]),
        log: .silent)
      let ledger = try Ledger(key: key, engine: engine, store: store, cards: [card], log: .silent)
      publisher = Publisher(
        ledger: ledger, holdings: Holdings(held: [], freed: [], catalogued: []), keepsCatalog: false,
        log: .silent
      ) { [committed] ids in committed.change { $0 += ids } }
      thread = try Thread.start(name: "publish") { [publisher] in publisher.run() }
    }

    func stop() {
      publisher.stop()
      thread?.join()
    }

    static func record(_ number: UInt8) -> ObjectRecord {
      ObjectRecord(
        id: SHA256.hash([number], as: ContentID.self),
        stamp: FileStamp(device: 1, inode: UInt64(number) + 1, sizeBytes: 1, modifiedNs: 1), verifiedMs: 1)
    }

    /// Numbers of the node's receipts, of all shards: one for each publication of a shard.
    var receiptCount: Int { Int((try? store.database.ownSequence()) ?? 0) }
    var commits: Int { disk.steps.count { $0.kind == .commit } }
  }

  @Test("changes within a second share a publication")
  func coalesces() throws {
    let directory = try TemporaryDirectory()
    let scene = try Scene(directory.path)
    defer { scene.stop() }
    scene.publisher.held(Scene.record(0))
    try waitUntil("the first is said at once", seconds: 0.9) { scene.committed.withLock { $0.count } == 1 }
    let (before, began) = (scene.commits, Clock.monotonic())
    for number in 1..<50 { scene.publisher.held(Scene.record(UInt8(number))) }
    try waitUntil("the rest is said") { scene.committed.withLock { $0.count } == 50 }
    #expect(scene.commits == before + 1)
    #expect((Clock.monotonic() - began).inSeconds > 0.5)
    #expect(try scene.store.database.objects().count == 50)
  }

  @Test("a withdrawal waits for nothing")
  func withdrawal() throws {
    let directory = try TemporaryDirectory()
    let scene = try Scene(directory.path)
    defer { scene.stop() }
    let record = Scene.record(1)
    scene.publisher.held(record)
    try waitUntil("it is said") { scene.committed.withLock { $0.count } == 1 }
    let began = Clock.monotonic()
    scene.publisher.withdraw([record.id])
    #expect(scene.publisher.flush())
    #expect((Clock.monotonic() - began).inSeconds < 0.5)
    #expect(try scene.store.database.objects().isEmpty)
    #expect(!scene.publisher.read { $0.isHeld(record.id) })
  }

  @Test("a commit that fails loses nothing: nothing is said until it succeeds, and then everything")
  func failure() throws {
    let directory = try TemporaryDirectory()
    let scene = try Scene(directory.path)
    defer { scene.stop() }
    scene.disk.setFault(.failAll(.commit, code: 5))
    scene.publisher.held(Scene.record(1))
    try waitUntil("the failure is told") { scene.publisher.failure != nil }
    scene.publisher.held(Scene.record(2))
    scene.publisher.catalogued([Scene.record(2).id])
    scene.publisher.withdraw([Scene.record(3).id])
    #expect(!scene.publisher.flush())
    #expect(scene.committed.withLock { $0.isEmpty })
    #expect(scene.receiptCount == 0)
    #expect(scene.publisher.read { $0.held.isEmpty })
    scene.disk.setFault(.none)
    try waitUntil("both are said") { scene.committed.withLock { $0.count } == 2 }
    #expect(scene.publisher.failure == nil)
    #expect(try Set(scene.store.database.objects().map(\.id)) == [Scene.record(1).id, Scene.record(2).id])
  }

  @Test("what is there when it stops is still committed")
  func stopCommits() throws {
    let directory = try TemporaryDirectory()
    let scene = try Scene(directory.path)
    scene.publisher.held(Scene.record(1))
    scene.publisher.held(Scene.record(2))
    scene.stop()
    #expect(try scene.store.database.objects().count == 2)
  }
}
