import AcqCore
import AcqDatabase

extension NodeDatabase {
  /// Makes `change` in ONE transaction; on the medium when it returns. Through `DirectoryStore.commit`, a
  /// full disk costs the ballast instead of the change.
  public func commit(_ change: NodeChange) throws {
    try storing {
      try database.transaction { connection in
        try Self.writeLedger(change, connection)
        try Self.writeHoldings(change, connection)
        try Self.writeFiles(change, connection)
        for (name, value) in change.notes {
          let key = SQLValue.text("note." + name)
          if let value {
            try connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [key, .text(value)])
          } else {
            try connection.execute("DELETE FROM meta WHERE key = ?", [key])
          }
        }
      }
    }
  }

  private static func writeLedger(_ change: NodeChange, _ connection: Connection) throws {
    // A register never goes back: (sequence, then lower hash) decides here as in the join.
    let statement = """
      INSERT INTO statement (stored, register, author, sequence, hash, source, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (register) DO UPDATE SET stored = excluded.stored, sequence = excluded.sequence,
        hash = excluded.hash, source = excluded.source, bytes = excluded.bytes
      WHERE excluded.sequence > sequence OR (excluded.sequence = sequence AND excluded.hash < hash)
      """
    for row in change.statements {
      try connection.execute(
        statement,
        [
          .unsigned(row.stored), .digest(row.key), .digest(row.statement.author),
          .unsigned(row.statement.sequence),
          .digest(row.hash), .optional(row.source, SQLValue.digest), .blob(row.statement.encoded),
        ])
    }
    let raise = """
      INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value
      WHERE excluded.value > value
      """
    if let highest = change.statements.map(\.stored).max() {
      try connection.execute(raise, ["store_counter", .unsigned(highest)])
    }
    if let own = change.ownSequence { try connection.execute(raise, ["own_sequence", .unsigned(own)]) }
    for (peer, mark) in change.marks {
      let authors = mark.common.map { SQLValue.blob($0.sorted().flatMap(\.bytes)) } ?? .null
      try connection.execute(
        "INSERT OR REPLACE INTO mark VALUES (?, ?, ?)", [.digest(peer), .unsigned(mark.counter), authors])
    }
    for (author, pair) in change.evidence {
      try connection.execute(
        "INSERT OR IGNORE INTO evidence VALUES (?, ?, ?)",
        [.digest(author), .blob(pair.first.encoded), .blob(pair.second.encoded)])
    }
  }

  private static func writeHoldings(_ change: NodeChange, _ connection: Connection) throws {
    let each = { (ids: [ContentID], sql: String) in
      for id in ids { try connection.execute(sql, [.digest(id)]) }
    }
    try each(change.objectsRemoved, "DELETE FROM object WHERE id = ?")
    for object in change.objectsAdded {
      try connection.execute(
        "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [.digest(object.id)] + values(object.stamp) + [
          .optional(object.path, SQLValue.text), .optional(object.reason, SQLValue.text),
          .unsigned(object.verifiedMs),
        ])
    }
    try each(change.freedRemoved, "DELETE FROM freed WHERE id = ?")
    try each(change.freedAdded, "INSERT OR IGNORE INTO freed VALUES (?)")
    try each(change.cataloguedRemoved, "DELETE FROM catalogued WHERE id = ?")
    try each(change.cataloguedAdded, "INSERT OR IGNORE INTO catalogued VALUES (?)")
    try each(change.stagingRemoved, "DELETE FROM staged WHERE id = ?")
    for removal in change.removals {
      try connection.execute(
        "INSERT INTO removal (id, path, device, inode) VALUES (?, ?, ?, ?)",
        [.digest(removal.id), .text(removal.path), .unsigned(removal.device), .unsigned(removal.inode)])
    }
    for claim in change.mapsRemoved {
      try connection.execute("DELETE FROM block_map WHERE id = ? AND size = ? AND root = ?", key(claim))
    }
    for (claim, map) in change.maps { try write(map, of: claim, connection) }
  }

  private static func writeFiles(_ change: NodeChange, _ connection: Connection) throws {
    for path in change.sealedFilesRemoved {
      try connection.execute("DELETE FROM sealed_file WHERE path = ?", [.text(path)])
    }
    for path in change.refusedFilesRemoved {
      try connection.execute("DELETE FROM refused_file WHERE path = ?", [.text(path)])
    }
    for file in change.sealedFiles {
      try connection.execute(
        "INSERT OR REPLACE INTO sealed_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [.text(file.path)] + values(file.stamp) + [
          .digest(file.id), .unsigned(file.wallNs), .unsigned(file.bootTimeNs),
          .optional(file.bootID, SQLValue.text), .bool(file.wasSeenWritten),
        ])
    }
    for file in change.refusedFiles {
      try connection.execute(
        "INSERT OR REPLACE INTO refused_file VALUES (?, ?, ?, ?, ?, ?)",
        [.text(file.path)] + values(file.stamp) + [.text(file.reason)])
    }
  }

  private static func values(_ stamp: FileStamp) -> [SQLValue] {
    [
      .unsigned(stamp.device), .unsigned(stamp.inode), .unsigned(stamp.sizeBytes), .integer(stamp.modifiedNs),
    ]
  }
}
