import AcqSystem
import CSQLite
import Synchronization

/// One SQLite file, used by one thread at a time. Write-ahead log, every commit synced before it returns.
public final class Database: Sendable {
  /// What may be done with the file.
  public enum Access: Hashable, Sendable {
    /// Only reading; the file must exist.
    case readOnly
    /// Reading and writing; the file is made when missing.
    case readWrite
  }

  /// The database's file.
  public let path: String
  private let lock = Mutex(())
  // Not Sendable, and touched only by who holds `lock`.
  nonisolated(unsafe) private let connection: Connection
  // sqlite3_interrupt is the one call that SQLite allows from other threads while the connection is open.
  nonisolated(unsafe) private let interruption: OpaquePointer

  /// Opens `path`. Waits `busyMs` for other processes' locks. `sizeBytesMax` (nil: none) makes the database
  /// full beyond that size.
  public init(
    _ path: String, access: Access = .readWrite, busyMs: Int = 5_000, sizeBytesMax: UInt64? = nil
  ) throws(DatabaseError) {
    self.path = path
    connection = try Connection(path: path, access: access)
    interruption = connection.interruption
    try connection.script(
      "PRAGMA busy_timeout = \(busyMs); PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON")
    if access == .readWrite {
      // FULL syncs the log at every commit: a receipt is sent only for what survives a power cut (protocol
      // §9).
      try connection.script(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
    }
    if let sizeBytesMax {
      try connection.script("PRAGMA max_page_count = \(max(1, sizeBytesMax / 4096))")
    }
  }

  /// Runs `body` alone in a transaction that takes the write lock at once: committed (and durable) when it
  /// returns, rolled back when it or the commit throws. Not to be called inside another.
  public func transaction<Result>(_ body: (Connection) throws -> Result) throws -> Result {
    try withConnection { connection in
      try connection.execute("BEGIN IMMEDIATE")
      do {
        let result = try body(connection)
        try connection.execute("COMMIT")
        return result
      } catch {
        // After some errors (full, input and output) SQLite has rolled back by itself, and this one has
        // nothing to do.
        _ = try? connection.execute("ROLLBACK")
        throw error
      }
    }
  }

  /// Runs `body` alone in a read transaction: all its queries see one state.
  public func read<Result>(_ body: (Connection) throws -> Result) throws -> Result {
    try withConnection { connection in
      try connection.execute("BEGIN")
      defer { _ = try? connection.execute("COMMIT") }
      return try body(connection)
    }
  }

  /// Runs one statement outside a transaction.
  public func execute(_ sql: String, _ values: [SQLValue] = []) throws {
    try withConnection { try $0.execute(sql, values) }
  }

  /// Calls `body` with the connection, alone.
  public func withConnection<Result>(_ body: (Connection) throws -> Result) throws -> Result {
    var result: Result?
    try lock.withLock { _ in result = try body(connection) }
    guard let result else { preconditionFailure("the body returned or threw") }
    return result
  }

  /// Brings the schema to version `migrations.count`: each step runs once, in order, with its version in one
  /// transaction. A newer schema throws `.tooNew` and is not touched. Steps are constant scripts.
  public func migrate(_ migrations: [String]) throws {
    let version = try schemaVersion()
    guard version <= migrations.count else {
      throw DatabaseError(
        .tooNew, "schema version \(version) is newer than this program's \(migrations.count)", path: path)
    }
    for (index, step) in migrations.enumerated().dropFirst(version) {
      try transaction { connection in
        try connection.script(step)
        try connection.script("PRAGMA user_version = \(index + 1)")
      }
    }
  }

  /// The version that `migrate` left; 0 for an empty database.
  public func schemaVersion() throws -> Int {
    try withConnection { try $0.first("PRAGMA user_version") { $0.int(0) } } ?? 0
  }

  /// SQLite's own check of the whole file; empty when all is well.
  public func problems() throws -> [String] {
    let lines = try withConnection { try $0.rows("PRAGMA integrity_check(20)") { $0.text(0) } }
    return lines == ["ok"] ? [] : lines
  }

  /// A whole, consistent copy into a new file.
  public func backUp(to path: String) throws {
    try withConnection { try $0.execute("VACUUM INTO ?", [.text(path)]) }
  }

  /// Ends the statement that runs now, if any, from any thread; it throws `.interrupted`.
  public func interrupt() { sqlite3_interrupt(interruption) }

  /// Moves what is in the log into the file, as far as readers allow.
  public func checkpoint() throws {
    try withConnection { try $0.query("PRAGMA wal_checkpoint(PASSIVE)") { _ in } }
  }
}
