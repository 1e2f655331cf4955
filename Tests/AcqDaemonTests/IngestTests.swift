import AcqCatalog
import AcqCore
import AcqCrypto
import AcqDaemon
import AcqReplication
import AcqSystem
import Synchronization
import TestSupport
import Testing

/// Ingest before a catalog that fails as the test says.
@Suite("Ingest") struct IngestTests {
  /// A catalog in memory.
  final class FailingCatalog: Catalog {
    let entries = Monitor<[ContentID: CatalogEntry]>([:])
    let failure = Monitor<CatalogError?>(nil)
    let putCount = Monitor(0)
    var place: String { "test" }

    private func check() throws(CatalogError) { if let failure = failure.withLock({ $0 }) { throw failure } }
    func put(_ new: [CatalogEntry]) throws(CatalogError) {
      putCount.change { $0 += 1 }
      try check()
      entries.change { entries in for entry in new { entries[entry.id] = entry } }
    }
    func entry(_ id: ContentID) throws(CatalogError) -> CatalogEntry? { entries.withLock { $0[id] } }
    func search(_ query: CatalogQuery) throws(CatalogError) -> CatalogPage {
      throw CatalogError(.invalidQuery, "not asked here")
    }
    func ids(after id: ContentID?, limit: Int) throws(CatalogError) -> [ContentID] {
      try check()
      let all = entries.withLock { $0.keys.sorted() }
      return Array(all.filter { known in id.map { known > $0 } ?? true }.prefix(limit))
    }
    func remove(_ id: ContentID) throws(CatalogError) { entries.change { $0[id] = nil } }
    func count() throws(CatalogError) -> Int { entries.withLock { $0.count } }
    func checkAvailable() throws(CatalogError) { try check() }
  }

  private struct File: ByteSource {
    let bytes: [UInt8]
    var sizeBytes: UInt64 { UInt64(bytes.count) }
    func read(at offset: UInt64, count: Int) -> [UInt8] {
      Array(bytes.dropFirst(Int(min(offset, sizeBytes))).prefix(count))
    }
  }

  /// Held recordings and what of them is said to be catalogued.
  final class Scene: Sendable {
    let catalog = FailingCatalog()
    let files: [ContentID: [UInt8]]
    let said = Monitor<Set<ContentID>>([])
    private let thread = Monitor<Thread?>(nil)
    private let running = Monitor<Ingest?>(nil)

    init(_ files: [[UInt8]]) {
      self.files = Dictionary(uniqueKeysWithValues: files.map { (SHA256.hash($0, as: ContentID.self), $0) })
    }

    func start() throws -> Ingest {
      let (files, said) = (files, said)
      let ingest = Ingest(
        Ingest.Context(
          catalog: catalog,
          backlog: { files.keys.filter { id in !said.withLock { $0.contains(id) } }.sorted() },
          held: { Set(files.keys) }, open: { File(bytes: files[$0] ?? []) },
          stated: { id in
            let body = RecordingBody(
              sizeBytes: UInt64(files[id]?.count ?? 0), blockRoot: BlockMap.hash(block: []), name: "1.mcap",
              isCutOff: true)
            return (StatedRecording(origin: .zero, sequence: 1, body: body), originName: "car")
          }, catalogued: { ids in said.change { $0.formUnion(ids) } },
          setCatalogued: { ids in said.change { $0 = ids } }, log: .silent))
      let started = try Thread.start(name: "ingest") { ingest.run() }
      thread.change { $0 = started }
      running.change { $0 = ingest }
      return ingest
    }

    func stop() {
      running.withLock { $0 }?.stop()
      thread.withLock { $0 }?.join()
    }
  }

  /// An MCAP that has only its magic: a cut-off recording without messages.
  private static let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]
  private static func recording(_ number: UInt8) -> [UInt8] { magic + [0x80, number] }

  @Test("everything held is catalogued, and said only afterwards")
  func all() throws {
    let scene = Scene((0..<5).map(Self.recording))
    _ = try scene.start()
    defer { scene.stop() }
    try waitUntil("all are said") { scene.said.withLock { $0.count } == 5 }
    #expect(try scene.catalog.count() == 5)
  }

  @Test("a catalog that is away: nothing is said, the reason is told, and it goes on by itself")
  func away() throws {
    let scene = Scene((0..<3).map(Self.recording))
    scene.catalog.failure.change { $0 = CatalogError(.unavailable, "connection refused") }
    let ingest = try scene.start()
    defer { scene.stop() }
    try waitUntil("the reason is told") { ingest.reason?.contains("connection refused") == true }
    #expect(scene.said.withLock { $0.isEmpty })
    scene.catalog.failure.change { $0 = nil }
    try waitUntil("all are said") { scene.said.withLock { $0.count } == 3 }
    try waitUntil("no reason is left") { ingest.reason == nil }
    #expect(ingest.failures.isEmpty)
  }

  @Test("an entry that the catalog rejects, and a file that is no recording, are failures; others go on")
  func rejected() throws {
    let scene = Scene([Self.recording(1), Array("no MCAP at all".utf8)])
    let ingest = try scene.start()
    defer { scene.stop() }
    let bad = SHA256.hash(Array("no MCAP at all".utf8), as: ContentID.self)
    try waitUntil("one is said") { scene.said.withLock { $0.count } == 1 }
    try waitUntil("the other failed") { ingest.failures[bad] != nil }
    #expect(scene.said.withLock { !$0.contains(bad) })
    #expect(ingest.reason == nil)
    let rejecting = Scene([Self.recording(2)])
    rejecting.catalog.failure.change { $0 = nil }
    let other = try rejecting.start()
    defer { rejecting.stop() }
    try waitUntil("it is catalogued") { rejecting.said.withLock { $0.count } == 1 }
    #expect(other.failures.isEmpty)
  }

  @Test("what is in the catalog already is said without reading it again; what is not held is not said")
  func reconciles() throws {
    let scene = Scene([Self.recording(1)])
    _ = try scene.start()
    try waitUntil("it is said") { scene.said.withLock { $0.count } == 1 }
    scene.stop()
    let puts = scene.catalog.putCount.withLock { $0 }
    scene.said.change { $0 = [SHA256.hash([77], as: ContentID.self)] }
    let again = try scene.start()
    defer { scene.stop() }
    try waitUntil("exactly what is there is said") { scene.said.withLock { $0 } == Set(scene.files.keys) }
    try waitUntil("it is done") { again.reason == nil }
    #expect(scene.catalog.putCount.withLock { $0 } == puts)
  }
}
