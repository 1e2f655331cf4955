public import AcqCore
public import AcqCrypto
import AcqDatabase

extension NodeDatabase {
  /// Every recording that is held.
  public func objects() throws -> [ObjectRecord] {
    try rows("SELECT * FROM object ORDER BY id") { try Self.object($0) }
  }

  /// One recording that is held; nil when it is not.
  public func object(_ id: ContentID) throws -> ObjectRecord? {
    try row("SELECT * FROM object WHERE id = ?", [.digest(id)]) { try Self.object($0) }
  }

  private static func object(_ row: Row) throws -> ObjectRecord {
    ObjectRecord(
      id: try row.digest(0), stamp: stamp(row, from: 1), path: row.optional(5, row.text),
      reason: row.optional(6, row.text), verifiedMs: row.unsigned(7))
  }

  private static func stamp(_ row: Row, from column: Int) -> FileStamp {
    FileStamp(
      device: row.unsigned(column), inode: row.unsigned(column + 1), sizeBytes: row.unsigned(column + 2),
      modifiedNs: row.integer(column + 3))
  }

  /// Recordings that this node had and freed.
  public func freed() throws -> Set<ContentID> { Set(try rows("SELECT id FROM freed") { try $0.digest(0) }) }

  /// Recordings that are in the catalog.
  public func catalogued() throws -> Set<ContentID> {
    Set(try rows("SELECT id FROM catalogued") { try $0.digest(0) })
  }

  /// The block map of a claim; nil when it is not known.
  public func map(_ claim: Claim) throws -> BlockMap? {
    let hashes = try row(
      "SELECT hashes FROM block_map WHERE id = ? AND size = ? AND root = ?", Self.key(claim)
    ) { $0.blob(0) }
    return try hashes.map { hashes in
      guard let blocks = Self.digests(hashes, BlockHash.self),
        let map = BlockMap(sizeBytes: claim.sizeBytes, blocks: blocks), map.root == claim.blockRoot
      else { throw Self.damaged("a block map of another file") }
      return map
    }
  }

  /// Any block map of a content: what a server that holds it answers from.
  public func map(_ id: ContentID) throws -> BlockMap? {
    let claims = try rows("SELECT id, size, root FROM block_map WHERE id = ?", [.digest(id)]) { row in
      Claim(id: try row.digest(0), sizeBytes: row.unsigned(1), blockRoot: try row.digest(2))
    }
    let held = try object(id)
    return try claims.first { held == nil || held?.stamp.sizeBytes == $0.sizeBytes }.flatMap { try map($0) }
  }

  /// Keeps a block map outside a `NodeChange`.
  public func setMap(_ map: BlockMap, of claim: Claim) throws {
    try storing { try database.transaction { try Self.write(map, of: claim, $0) } }
  }

  /// Whether a claim was shown to be false, and why.
  public func quarantine(_ claim: Claim) throws -> String? {
    try row(
      "SELECT reason FROM quarantined WHERE id = ? AND size = ? AND root = ?", Self.key(claim)
    ) { $0.text(0) }
  }

  /// Downloads that were begun, with which of their blocks are surely on the medium.
  public func staged() throws -> [(claim: Claim, verified: [UInt8])] {
    try rows("SELECT id, size, root, verified FROM staged ORDER BY id") { row in
      (Claim(id: try row.digest(0), sizeBytes: row.unsigned(1), blockRoot: try row.digest(2)), row.blob(3))
    }
  }

  /// Every file that was sealed, by path.
  public func sealedFiles() throws -> [SealedFile] { try sealedFiles("ORDER BY path", []) }

  /// The recorder's names of one recording.
  public func sealedFiles(of id: ContentID) throws -> [SealedFile] {
    try sealedFiles("WHERE id = ? ORDER BY path", [.digest(id)])
  }

  private func sealedFiles(_ clause: String, _ values: [SQLValue]) throws -> [SealedFile] {
    try rows("SELECT * FROM sealed_file \(clause)", values) { row in
      SealedFile(
        path: row.text(0), stamp: Self.stamp(row, from: 1), id: try row.digest(5), wallNs: row.unsigned(6),
        bootTimeNs: row.unsigned(7), bootID: row.optional(8, row.text), wasSeenWritten: row.bool(9))
    }
  }

  /// Every file that was refused, by path.
  public func refusedFiles() throws -> [RefusedFile] {
    try rows("SELECT * FROM refused_file ORDER BY path") { row in
      RefusedFile(path: row.text(0), stamp: Self.stamp(row, from: 1), reason: row.text(5))
    }
  }

  /// The names of one recording below recordings/.
  public func placedNames(of id: ContentID) throws -> [String] {
    try rows("SELECT path FROM placed WHERE id = ? ORDER BY path", [.digest(id)]) { $0.text(0) }
  }

  /// Names that are still to be removed, with their numbers.
  func removals() throws -> [(number: Int64, removal: Removal)] {
    try rows("SELECT number, id, path, device, inode FROM removal ORDER BY number") { row in
      let removal = Removal(
        id: try row.digest(1), path: row.text(2), device: row.unsigned(3), inode: row.unsigned(4))
      return (row.integer(0), removal)
    }
  }

  static func key(_ claim: Claim) -> [SQLValue] {
    [.digest(claim.id), .unsigned(claim.sizeBytes), .digest(claim.blockRoot)]
  }

  static func write(_ map: BlockMap, of claim: Claim, _ connection: Connection) throws {
    precondition(
      map.root == claim.blockRoot && map.sizeBytes == claim.sizeBytes, "a map is kept under its own claim")
    try connection.execute(
      "INSERT OR REPLACE INTO block_map VALUES (?, ?, ?, ?)",
      key(claim) + [.blob(map.blocks.flatMap(\.bytes))])
  }
}
