public import AcqCore
import AcqDatabase

extension NodeDatabase {
  /// Calls `each` for every statement, oldest stored first.
  public func loadLedger(_ each: (LedgerRow) throws -> Void) throws {
    try storing {
      try database.read { connection in
        try connection.query("SELECT stored, register, hash, source, bytes FROM statement ORDER BY stored") {
          row in
          guard let statement = try? Statement(decoding: row.blob(4)) else {
            throw Self.damaged("a statement that does not parse")
          }
          try each(
            LedgerRow(
              statement: statement, hash: row.digest(2), key: row.digest(1), stored: row.unsigned(0),
              source: row.optional(3) { try row.digest($0) }))
        }
      }
    }
  }

  /// The bytes of statements, in the order of `hashes`; nil for those that were replaced meanwhile.
  public func statementBytes(_ hashes: [StatementHash]) throws -> [[UInt8]?] {
    try storing {
      try database.read { connection in
        try hashes.map { hash in
          try connection.first("SELECT bytes FROM statement WHERE hash = ?", [.digest(hash)]) { $0.blob(0) }
        }
      }
    }
  }

  /// The highest own sequence number; 0 for a node that said nothing yet.
  public func ownSequence() throws -> UInt64 { try counter("own_sequence") }

  /// The highest store counter.
  public func storeCounter() throws -> UInt64 { try counter("store_counter") }

  private func counter(_ name: String) throws -> UInt64 {
    try row("SELECT value FROM meta WHERE key = ?", [.text(name)]) { $0.unsigned(0) } ?? 0
  }

  /// All marks, by peer.
  public func marks() throws -> [NodeID: Mark] {
    let pairs = try rows("SELECT peer, counter, authors FROM mark") { row in
      let peer: NodeID = try row.digest(0)
      let common = try row.optional(2) { column in
        guard let ids = Self.digests(row.blob(column), NodeID.self) else {
          throw Self.damaged("a broken mark")
        }
        return Set(ids)
      }
      return (peer, Mark(counter: row.unsigned(1), common: common))
    }
    return Dictionary(pairs) { first, _ in first }
  }

  /// First pairs of statements with one number, by author.
  public func evidence() throws -> [NodeID: (first: Statement, second: Statement)] {
    let pairs = try rows("SELECT author, first, second FROM evidence") { row in
      guard let first = try? Statement(decoding: row.blob(1)),
        let second = try? Statement(decoding: row.blob(2))
      else { throw Self.damaged("broken evidence") }
      return (try row.digest(0) as NodeID, (first: first, second: second))
    }
    return Dictionary(pairs) { first, _ in first }
  }

  static func digests<Subject>(_ bytes: [UInt8], _: Digest<Subject>.Type) -> [Digest<Subject>]? {
    guard bytes.count.isMultiple(of: 32) else { return nil }
    return stride(from: 0, to: bytes.count, by: 32).compactMap { Digest<Subject>(bytes[$0..<$0 + 32]) }
  }
}
