public import AcqCore
import AcqDatabase
import AcqSystem
import Synchronization

/// The catalog in a SQLite file: the default, for one process.
///
/// Everything in it can be put in again, so a file that is broken or of another version is made anew, empty. While
/// in use that is the error `.lost` of the call that found out; at opening it is a line in the log.
public final class SQLiteCatalog: Catalog {
  private let path: String
  private let log: Log
  // Held for the length of a call: the database lets one thread in at a time anyhow, and no call may succeed in a
  // file that another has just given up.
  private let database: Mutex<Database>

  /// Opens or makes the file; its directory must exist.
  public init(path: String, log: Log) throws(CatalogError) {
    self.path = path
    self.log = log
    database = Mutex(try Self.open(path, log: log))
  }

  /// `sqlite`.
  public var place: String { "sqlite" }

  /// Stores entries in one transaction; see `Catalog`.
  public func put(_ entries: [CatalogEntry]) throws(CatalogError) {
    checkBatch(entries)
    let rows = entries.map { EntryRows($0.fitted) }
    try call { database in
      try database.transaction { connection in
        for row in rows { try row.store(in: connection) }
      }
    }
  }

  /// One row by its id.
  public func entry(_ id: ContentID) throws(CatalogError) -> CatalogEntry? {
    try call { database in
      try database.withConnection { connection in
        try connection.first(
          "SELECT \(EntryRows.columns) FROM recording WHERE id = ?", [.digest(id)], EntryRows.entry)
      }
    }
  }

  /// One SELECT for each stretch of the query, all seeing one state.
  public func search(_ query: CatalogQuery) throws(CatalogError) -> CatalogPage {
    let plan = try QueryPlan(query)
    return try call { database in
      try database.read { connection in
        try plan.page { stretch, limit, take in
          let select = plan.sql(of: stretch, limit: limit)
          var isFull = false
          try connection.query(select.text, select.values) { row in
            if !isFull { isFull = !take(try EntryRows.entry(row)) }
          }
        }
      }
    }
  }

  /// Read from the ids' index.
  public func ids(after id: ContentID?, limit: Int) throws(CatalogError) -> [ContentID] {
    let limit = min(max(limit, 0), CatalogLimits.idsMax)
    return try call { database in
      try database.withConnection { connection in
        try connection.rows(
          "SELECT id FROM recording WHERE id > ? ORDER BY id LIMIT ?",
          [.blob(id?.bytes ?? []), .integer(Int64(limit))]
        ) { row in try row.digest(0) }
      }
    }
  }

  /// Deletes the entry with its words and topics.
  public func remove(_ id: ContentID) throws(CatalogError) {
    try call { database in
      try database.transaction { connection in
        let number = try connection.first("SELECT number FROM recording WHERE id = ?", [.digest(id)]) {
          $0.integer(0)
        }
        guard let number else { return }
        try EntryRows.removeTerms(of: number, in: connection)
        try connection.execute("DELETE FROM recording WHERE number = ?", [.integer(number)])
      }
    }
  }

  /// Number of rows.
  public func count() throws(CatalogError) -> Int {
    try call { database in
      try database.withConnection { try $0.first("SELECT count(*) FROM recording") { $0.int(0) } } ?? 0
    }
  }

  /// Reads one id.
  public func checkAvailable() throws(CatalogError) { _ = try ids(after: nil, limit: 1) }

  /// SQLite's plan of each stretch of a query, one line a step.
  package func explain(_ query: CatalogQuery) throws(CatalogError) -> [[String]] {
    let plan = try QueryPlan(query)
    return try call { database in
      try database.withConnection { connection in
        try plan.stretches.map { stretch in
          let select = plan.sql(of: stretch, limit: plan.limit)
          return try connection.rows("EXPLAIN QUERY PLAN " + select.text, select.values) { $0.text(3) }
        }
      }
    }
  }
}

// MARK: - Opening, losing

extension SQLiteCatalog {
  private static func open(_ path: String, log: Log) throws(CatalogError) -> Database {
    do {
      return try openAsIs(path)
    } catch let error as DatabaseError where isUseless(error) {
      log.warning("catalog begins anew", [.path: path, .reason: error])
      return try makeAnew(path)
    } catch {
      throw catalogError(error)
    }
  }

  private static func openAsIs(_ path: String) throws -> Database {
    let database = try Database(path)
    switch try database.schemaVersion() {
    case CatalogSchema.version: break
    case 0:
      try database.transaction { connection in
        try connection.script(CatalogSchema.script)
        try connection.script("PRAGMA user_version = \(CatalogSchema.version)")
      }
    case let other:
      throw DatabaseError(.tooNew, "schema version \(other), wanted \(CatalogSchema.version)", path: path)
    }
    return database
  }

  /// Waiting, space or rights would not make this file a catalog.
  private static func isUseless(_ error: DatabaseError) -> Bool {
    switch error.kind {
    case .corrupt, .tooNew, .other, .constraint: true
    case .busy, .full, .interrupted, .io, .unavailable: false
    }
  }

  private static func makeAnew(_ path: String) throws(CatalogError) -> Database {
    do {
      for suffix in ["-wal", "-shm", ""] { try Files.unlink(path + suffix) }
      return try openAsIs(path)
    } catch {
      throw catalogError(error)
    }
  }

  /// Every call goes through here: what an error means, and what becomes of a broken file.
  private func call<Result>(_ body: (Database) throws -> Result) throws(CatalogError) -> Result {
    var outcome: Swift.Result<Result, CatalogError>?
    database.withLock { database in
      do {
        outcome = .success(try body(database))
      } catch let error as DatabaseError where error.isCorrupt {
        log.error("catalog is broken and begins anew", [.path: path, .reason: error])
        outcome = .failure(Self.replace(&database, path, error))
      } catch {
        outcome = .failure(Self.catalogError(error))
      }
    }
    guard let outcome else { preconditionFailure("the body returned or threw") }
    return try outcome.get()
  }

  private static func replace(_ database: inout Database, _ path: String, _ error: DatabaseError)
    -> CatalogError
  {
    do {
      database = try makeAnew(path)
    } catch {
      return error
    }
    return CatalogError(.lost, "the catalog was broken (\(error.reason)) and begins anew")
  }

  private static func catalogError(_ error: any Error) -> CatalogError {
    if let error = error as? CatalogError { return error }
    guard let error = error as? DatabaseError else { return CatalogError(.unavailable, "\(error)") }
    return switch error.kind {
    case .busy, .full, .interrupted, .io, .unavailable: CatalogError(.unavailable, error.description)
    case .corrupt, .constraint, .tooNew, .other: CatalogError(.rejected, error.description)
    }
  }
}
