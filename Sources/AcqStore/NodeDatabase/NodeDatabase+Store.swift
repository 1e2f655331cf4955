import AcqCore
import AcqCrypto
import AcqDatabase

/// What the store itself writes, each in one transaction; always inside `DirectoryStore.committing`.
extension NodeDatabase {
  /// A download begins, or begins again with another claim: its map, and nothing verified.
  func begin(_ claim: Claim, _ map: BlockMap) throws {
    try database.transaction { connection in
      try connection.execute(
        "INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?)",
        Self.key(claim) + [.blob(Bitmap(count: map.blockCount).bytes)])
      try Self.write(map, of: claim, connection)
    }
  }

  /// These blocks are on the medium. Only after fdatasync: the bitmap may lag, never lead (protocol §9).
  func setVerified(_ verified: Bitmap, of id: ContentID) throws {
    try database.transaction {
      try $0.execute("UPDATE staged SET verified = ? WHERE id = ?", [.blob(verified.bytes), .digest(id)])
    }
  }

  /// A claim was shown to be false; its download is over.
  func quarantine(_ claim: Claim, reason: String) throws {
    try database.transaction { connection in
      try connection.execute(
        "INSERT OR REPLACE INTO quarantined VALUES (?, ?, ?, ?)", Self.key(claim) + [.text(reason)])
      try connection.execute("DELETE FROM staged WHERE id = ?", [.digest(claim.id)])
      try connection.execute("DELETE FROM block_map WHERE id = ? AND size = ? AND root = ?", Self.key(claim))
    }
  }

  /// A download is given up.
  func forgetStaged(_ id: ContentID) throws {
    try database.transaction { try $0.execute("DELETE FROM staged WHERE id = ?", [.digest(id)]) }
  }

  /// A recording has, or is about to get, this name below recordings/.
  func place(_ path: String, _ id: ContentID) throws {
    try database.transaction {
      try $0.execute("INSERT OR REPLACE INTO placed VALUES (?, ?)", [.text(path), .digest(id)])
    }
  }

  /// These names below recordings/ are gone.
  func unplace(_ paths: [String]) throws {
    try database.transaction { connection in
      for path in paths { try connection.execute("DELETE FROM placed WHERE path = ?", [.text(path)]) }
    }
  }

  /// A removal is done.
  func finishRemoval(_ number: Int64, path: String) throws {
    try database.transaction { connection in
      try connection.execute("DELETE FROM removal WHERE number = ?", [.integer(number)])
      try connection.execute("DELETE FROM placed WHERE path = ?", [.text(path)])
      try connection.execute("DELETE FROM sealed_file WHERE path = ?", [.text(path)])
    }
  }

  /// Whether this node's marker was ever put on the volume.
  func isVolumeKnown() throws -> Bool {
    try row("SELECT value FROM meta WHERE key = 'volume'", []) { _ in true } ?? false
  }

  /// The marker is on the volume.
  func setVolumeKnown() throws {
    try database.transaction { try $0.execute("INSERT OR REPLACE INTO meta VALUES ('volume', 1)") }
  }
}
