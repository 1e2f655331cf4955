public import AcqCore
import AcqCrypto
import AcqDatabase
import AcqSystem

/// node.db: the ledger, the own counter, what is held, staged, sealed and marked. Lost, it is rebuilt from
/// objects/ and from peers.
public final class NodeDatabase: Sendable {
  /// Where its content came from.
  public enum Origin: Hashable, Sendable {
    /// It was there.
    case existing
    /// It was made: the node is new, or lost its database. Objects are to be looked for and hashed.
    case fresh
    /// What was there cannot be used and was moved to `path`; this one is fresh.
    case replaced(path: String, reason: String)
  }

  /// The version of the tables, for `acqd --version`.
  public static let schemaVersion = Schema.migrations.count

  let database: Database
  /// Where its content came from.
  public let origin: Origin

  /// Opens or makes the database of `node`. A database of another node, or a damaged one, is moved aside,
  /// never removed. One of a newer program throws.
  public init(_ path: String, node: NodeID, sizeBytesMax: UInt64? = nil) throws {
    let existed = Files.exists(path)
    do {
      database = try Self.open(path, node: node, sizeBytesMax: sizeBytesMax)
      origin = existed ? .existing : .fresh
    } catch let error as DatabaseError where error.isCorrupt {
      let aside = try Self.moveAside(path, suffix: "damaged")
      database = try Self.open(path, node: node, sizeBytesMax: sizeBytesMax)
      origin = .replaced(path: aside, reason: error.description)
    } catch let other as ForeignNode {
      let aside = try Self.moveAside(path, suffix: other.id.prefix(8).description)
      database = try Self.open(path, node: node, sizeBytesMax: sizeBytesMax)
      origin = .replaced(path: aside, reason: "it belongs to node \(other.id.prefix(8))")
    }
  }

  /// Opens the database of a daemon that may be running, for reading only.
  public init(reading path: String) throws {
    database = try Database(path, access: .readOnly)
    origin = .existing
  }

  private struct ForeignNode: Error { let id: String }

  private static func open(_ path: String, node: NodeID, sizeBytesMax: UInt64?) throws -> Database {
    let database = try Database(path, sizeBytesMax: sizeBytesMax)
    try database.migrate(Schema.migrations)
    try database.transaction { connection in
      let owner = try connection.first("SELECT value FROM meta WHERE key = 'node'") { $0.text(0) }
      if let owner, owner != node.hex { throw ForeignNode(id: owner) }
      try connection.execute("INSERT OR IGNORE INTO meta VALUES ('node', ?)", [.text(node.hex)])
    }
    return database
  }

  private static func moveAside(_ path: String, suffix: String) throws -> String {
    let free = (1...1_000).first { !Files.exists("\(path).\(suffix)-\($0)") } ?? 0
    let aside = "\(path).\(suffix)-\(free)"
    // The log belongs to the database: moved along, or the copy that is kept would miss its last commits.
    for tail in ["-wal", "-shm", ""] where Files.exists(path + tail) {
      try Files.renameWithoutReplacing(path + tail, to: aside + tail)
    }
    return aside
  }

  /// SQLite's own check of the whole file; empty when all is well.
  public func problems() throws -> [String] { try storing { try database.problems() } }

  /// A whole, consistent copy into a new file.
  public func backUp(to path: String) throws { try storing { try database.backUp(to: path) } }

  /// What `NodeChange.notes` left under `name`.
  public func note(_ name: String) throws -> String? {
    try storing {
      try database.read {
        try $0.first("SELECT value FROM meta WHERE key = ?", [.text("note." + name)]) { $0.text(0) }
      }
    }
  }

  func row<Value>(_ sql: String, _ values: [SQLValue], _ read: (Row) throws -> Value) throws -> Value? {
    try storing { try database.read { try $0.first(sql, values, read) } }
  }

  func rows<Value>(_ sql: String, _ values: [SQLValue] = [], _ read: (Row) throws -> Value) throws -> [Value]
  {
    try storing { try database.read { try $0.rows(sql, values, read) } }
  }

  static func damaged(_ what: String) -> StoreError { StoreError(.database, "node.db holds \(what)") }
}
