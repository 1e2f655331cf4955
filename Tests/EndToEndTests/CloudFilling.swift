import AcqCatalog
import AcqCore
import AcqCrypto
import AcqStore
import AcqSystem
import Foundation
import TestSupport

/// Puts recordings into the state directory of a node that does not run, as if it had received them: a season's worth
/// would take too long by the wire.
struct CloudFilling {
  private let node: TestNode
  private let key: NodeKey
  private let origin: HostilePeer
  private let database: NodeDatabase
  private var stored: UInt64 = 0
  private var ids: [ContentID] = []

  /// Topics of each: some of the car's 63.
  private static let topics = (0..<20).map {
    CatalogTopic(
      name: "drivetrain/group_\($0)", schema: "hytech.group_\($0)", encoding: "protobuf", count: 600)
  }
  private static let batch = 500

  /// Puts `count` small recordings there: files, statements, receipts and catalog entries.
  static func fill(_ node: TestNode, _ count: Int, origin: HostilePeer) throws {
    var filling = try CloudFilling(node, origin: origin)
    try filling.fill(count)
  }

  private init(_ node: TestNode, origin: HostilePeer) throws {
    self.node = node
    self.origin = origin
    let line = try String(contentsOfFile: node.state + "/node.key", encoding: .utf8)
    key = try NodeKey(parsingSecret: line.trimmingCharacters(in: .newlines))
    database = try NodeDatabase(node.state + "/node.db", node: key.id)
    let disk = try POSIXDisk(root: node.state)
    _ = try DirectoryStore(disk: disk, database: database, node: key.id, log: .silent).start()
  }

  private mutating func fill(_ count: Int) throws {
    // Made where syncing costs nothing, then moved.
    let fast = try TemporaryDirectory(
      in: FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : node.state)
    try fillCatalogAndStore(count, in: fast.path)
    for name in try FileManager.default.contentsOfDirectory(atPath: fast.path) {
      try FileManager.default.moveItem(atPath: fast.path + "/" + name, toPath: node.state + "/" + name)
    }
    try sayReceipts()
  }

  private mutating func fillCatalogAndStore(_ count: Int, in directory: String) throws {
    let catalog = try Catalogs.open(spec: "sqlite", directory: directory, log: .silent)
    for start in stride(from: 0, to: count, by: Self.batch) {
      var change = NodeChange()
      for index in start..<min(count, start + Self.batch) {
        try add(index, &change)
      }
      try catalog.put((start..<min(count, start + Self.batch)).map(entry))
      try database.commit(change)
    }
  }

  private mutating func sayReceipts() throws {
    var change = NodeChange()
    for (number, shard) in Dictionary(grouping: ids, by: { $0[0] }).enumerated() {
      let body = HoldingBody(held: shard.value, freed: [], asOfMs: 1, catalogued: Set(shard.value))
      let statement = Statement.signed(
        kind: .holding, subject: SubjectID(sameBytesAs: key.id), shard: shard.key,
        sequence: UInt64(number + 1),
        body: body.encoded, by: key)
      change.statements.append(row(statement, source: nil))
    }
    change.ownSequence = 256
    try database.commit(change)
  }

  private mutating func add(_ index: Int, _ change: inout NodeChange) throws {
    let content = HostileContent(TestRecording(seed: UInt64(index)).bytes)
    let path = "\(node.state)/objects/\(content.id.hex.prefix(2))/\(content.id.hex).mcap"
    let isMade = FileManager.default.createFile(
      atPath: path, contents: Data(content.bytes), attributes: [.posixPermissions: 0o444])
    guard isMade, let identity = try Files.identity(path) else {
      throw TestSupportError("cannot write \(path)")
    }
    change.objectsAdded.append(ObjectRecord(id: content.id, stamp: FileStamp(identity), verifiedMs: 1))
    change.cataloguedAdded.append(content.id)
    let claim = Claim(id: content.id, sizeBytes: content.map.sizeBytes, blockRoot: content.map.root)
    change.maps.append((claim: claim, map: content.map))
    let statement = origin.recording(content.id, content.map, name: "\(index % 400).mcap")
    change.statements.append(row(statement, source: origin.id))
    ids.append(content.id)
  }

  private mutating func row(_ statement: Statement, source: NodeID?) -> LedgerRow {
    stored += 1
    return LedgerRow(
      statement: statement, hash: statement.hash, key: statement.registerKey, stored: stored, source: source)
  }

  private func entry(_ index: Int) -> CatalogEntry {
    let startNs = 1_780_000_000_000_000_000 + UInt64(index) * 60_000_000_000
    return CatalogEntry(
      id: ids[index], name: "\(index % 400).mcap", origin: origin.id, originName: origin.name, sizeBytes: 400,
      startNs: startNs, endNs: startNs + 600_000_000_000, isCutOff: true, topics: Self.topics,
      metadata: [CatalogMetadata(name: "setup", fields: [("driver", "ada"), ("event", "hockenheim")])],
      parent: nil, problems: [])
  }
}
