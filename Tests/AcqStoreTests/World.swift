import AcqCore
import AcqCrypto
import AcqStore
import AcqSystem
import TestSupport
import Testing

/// A recording that a peer has: its bytes, and what its statement claims.
struct Sample {
  let bytes: [UInt8]
  let claim: Claim
  let map: BlockMap
  let name: String

  /// Bytes that differ by `seed`, in every block.
  init(seed: Int, sizeBytes: Int, name: String = "3.mcap") {
    var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: seed), count: sizeBytes)
    for (index, start) in stride(from: 0, to: sizeBytes, by: Limits.blockBytes).enumerated() {
      bytes[start] = UInt8(truncatingIfNeeded: index + 1)
      bytes[min(start + 1, sizeBytes - 1)] = UInt8(truncatingIfNeeded: seed >> 8)
    }
    self.init(bytes, name: name)
  }

  init(_ bytes: [UInt8], name: String = "3.mcap") {
    var digest = FileDigest()
    digest.update(bytes)
    let (id, map) = digest.finish()
    self.bytes = bytes
    self.map = map
    self.name = name
    claim = Claim(id: id, sizeBytes: map.sizeBytes, blockRoot: map.root)
  }

  var id: ContentID { claim.id }

  func block(_ index: Int) -> ArraySlice<UInt8> {
    let start = index * Limits.blockBytes
    return bytes[start..<start + map.byteCount(ofBlock: index)]
  }
}

/// One node on a real directory, behind a disk that can fail. `reopen` is a restart.
final class World {
  private let directory: TemporaryDirectory
  let root: String
  let recorder: String
  private let key = NodeKey.generate(role: .base)
  private(set) var disk: FaultyDisk
  private(set) var store: DirectoryStore
  private(set) var report = StartReport()
  /// Blocks that were asked of the peer.
  var askedBlocks: [Int] = []
  private var seconds: Int64 = 0
  private let keepsUnlinked: Bool

  /// In memory where there is plenty, or below `parent`.
  init(in parent: String? = nil, keepsUnlinked: Bool = true) throws {
    self.keepsUnlinked = keepsUnlinked
    // Media are simulated, so memory does where there is plenty: thousands of syncs take seconds instead of minutes.
    let memory = "/dev/shm"
    let isRoomy = ((try? Files.space(memory).freeBytes) ?? 0) > 2 << 30
    directory =
      try parent.map { try TemporaryDirectory(in: $0) }
      ?? (isRoomy ? TemporaryDirectory(in: memory) : TemporaryDirectory())
    root = directory.path + "/state"
    recorder = directory.path + "/recorder"
    try Files.makeDirectories(root)
    try Files.makeDirectories(recorder)
    (disk, store) = try Self.open(root, key.id, keepsUnlinked: keepsUnlinked)
    try start()
  }

  var node: NodeID { key.id }
  var databasePath: String { root + "/node.db" }

  static func open(
    _ root: String, _ node: NodeID, keepsUnlinked: Bool = true
  ) throws -> (FaultyDisk, DirectoryStore) {
    let disk = FaultyDisk(try POSIXDisk(root: root), keepsUnlinked: keepsUnlinked)
    let database = try NodeDatabase(root + "/node.db", node: node)
    return (disk, try DirectoryStore(disk: disk, database: database, node: node, log: .silent))
  }

  /// What the daemon does at start: withdraw, adopt, take up.
  func reopen() throws {
    (disk, store) = try Self.open(root, key.id, keepsUnlinked: keepsUnlinked)
    try start()
  }

  private func start() throws {
    report = try store.start()
    var change = report.change
    try commit(&change)
    for id in report.unlisted {
      var change = NodeChange()
      guard case .intact(let object, let map) = try store.verifyObject(id) else {
        try store.takeBack(id)
        continue
      }
      change.objectsAdded = [object]
      change.stagingRemoved = [id]
      change.maps = [(Claim(id: id, sizeBytes: map.sizeBytes, blockRoot: map.root), map)]
      try commit(&change)
    }
    _ = try store.resumeStaged()
  }

  func tick() -> Instant {
    seconds += 3
    return Instant(nanoseconds: seconds * 1_000_000_000)
  }

  /// Commits with the HOLDING that fits, as the ledger does.
  func commit(_ change: inout NodeChange) throws {
    var held = Set(try store.database.objects().map(\.id))
    held.subtract(change.objectsRemoved)
    held.formUnion(change.objectsAdded.map(\.id))
    let freed = try store.database.freed().union(change.freedAdded)
    let sequence = try store.database.ownSequence() + 1
    let body = HoldingBody(held: Array(held), freed: Array(freed), asOfMs: 0)
    let statement = Statement.signed(
      kind: .holding, subject: SubjectID(sameBytesAs: key.id), sequence: sequence, body: body.encoded, by: key
    )
    change.ownSequence = sequence
    change.statements = [
      LedgerRow(
        statement: statement, hash: statement.hash, key: statement.registerKey, stored: sequence, source: nil)
    ]
    try store.commit(change)
  }

  /// The whole way of a recording from a peer into the store and the tree.
  func receive(_ sample: Sample) throws {
    if try store.database.object(sample.id) == nil {
      let staged = try store.stage(sample.claim, map: sample.map)
      for block in 0..<sample.map.blockCount where !staged.verified[block] {
        askedBlocks.append(block)
        let bytes = sample.block(block)
        let half = bytes.count / 2
        if half > 0 { _ = try staged.write(bytes.prefix(half), block: block, offset: 0) }
        #expect(try staged.write(bytes.dropFirst(half), block: block, offset: half) == .verified)
        try staged.checkpointIfDue(at: tick())
      }
      var change = NodeChange()
      change.objectsAdded = [try staged.finish()]
      change.stagingRemoved = [sample.id]
      try commit(&change)
    }
    try store.place(sample.id, name: sample.name, folder: "2026-11-23")
  }

  /// Seals a recorder's file.
  func seal(_ path: String) throws -> SealOutcome {
    var digest = FileDigest()
    var map: BlockMap?
    let outcome = try store.seal(path) {
      digest.update($0)
    } contentID: {
      let (id, found) = digest.finish()
      digest = FileDigest()
      map = found
      return id
    }
    guard case .sealed(let content) = outcome, let map else { return outcome }
    var change = NodeChange()
    change.objectsAdded = [content.object]
    let id = content.object.id
    change.maps = [(Claim(id: id, sizeBytes: map.sizeBytes, blockRoot: map.root), map)]
    change.sealedFiles = [
      SealedFile(
        path: path, stamp: content.stamp, id: id, wallNs: 1, bootTimeNs: 2, bootID: "b", wasSeenWritten: true)
    ]
    try commit(&change)
    return outcome
  }

  /// Frees a recording and all its names.
  func free(_ id: ContentID) throws {
    if try store.database.object(id) != nil {
      var change = NodeChange()
      change.removals = try store.removals(of: id)
      change.objectsRemoved = [id]
      change.freedAdded = [id]
      try commit(&change)
    }
    try store.finishRemovals()
  }

  /// I1: what is visible is what its name says. I2: the newest HOLDING lists only what is there, and all of it.
  func expectInvariants(_ context: String = "", sourceLocation: SourceLocation = #_sourceLocation) throws {
    for shard in try Files.list(root + "/objects") where shard != ".volume" {
      for name in try Files.list("\(root)/objects/\(shard)") {
        let path = "\(root)/objects/\(shard)/\(name)"
        let id = Sample(try Files.readAll(path, limit: 64 << 20)).id
        #expect(id.hex + ".mcap" == name, "I1 \(context)", sourceLocation: sourceLocation)
      }
    }
    for folder in try Files.list(root + "/recordings") {
      for name in try Files.list("\(root)/recordings/\(folder)") {
        let path = "recordings/\(folder)/\(name)"
        let id = Sample(try Files.readAll("\(root)/\(path)", limit: 64 << 20)).id
        let names = try store.database.placedNames(of: id)
        #expect(names.contains(path), "I1 \(context): \(path)", sourceLocation: sourceLocation)
      }
    }
    var held: [ContentID] = []
    try store.database.loadLedger { row in
      held = try #require(HoldingBody(decoding: row.statement.body)).held
    }
    for id in held {
      let path = try #require(try store.database.object(id), "I2 \(context)", sourceLocation: sourceLocation)
        .path
      let bytes = try Files.readAll(
        path ?? "\(root)/objects/\(id.hex.prefix(2))/\(id.hex).mcap", limit: 64 << 20)
      #expect(Sample(bytes).id == id, "I2 \(context)", sourceLocation: sourceLocation)
    }
    #expect(
      Set(held) == Set(try store.database.objects().map(\.id)), "I2 \(context)",
      sourceLocation: sourceLocation)
  }

  func path(_ id: ContentID) -> String { "\(root)/objects/\(id.hex.prefix(2))/\(id.hex).mcap" }
  func part(_ id: ContentID) -> String { "\(root)/staging/\(id.hex)" }
}
