import CSQLite

/// One SQLite connection, lent to one thread at a time by `Database`. Statements are prepared once and kept.
public final class Connection {
  private let handle: OpaquePointer
  private let path: String
  private var prepared: [String: OpaquePointer] = [:]
  /// Statements in use: one that is asked for again while it runs gets a second copy.
  private var running: Set<OpaquePointer> = []
  /// Enough for every constant statement of a room; texts that are put together do not push these out.
  private static let preparedMax = 128

  init(path: String, access: Database.Access) throws(DatabaseError) {
    var handle: OpaquePointer?
    let flags =
      switch access {
      case .readOnly: SQLITE_OPEN_READONLY
      case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    let code = sqlite3_open_v2(
      path, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let handle else {
      sqlite3_close_v2(handle)
      throw DatabaseError(code: code, reason: String(cString: sqlite3_errstr(code)), path: path)
    }
    self.handle = handle
    self.path = path
    try check(acq_sqlite_harden(handle))
  }

  deinit {
    for statement in prepared.values { sqlite3_finalize(statement) }
    sqlite3_close_v2(handle)
  }

  /// Runs one statement that returns nothing of interest. `?` or `?1` stand for `values`.
  public func execute(_ sql: String, _ values: [SQLValue] = []) throws(DatabaseError) {
    let statement = try take(sql)
    defer { give(back: statement, sql) }
    try bind(values, to: statement)
    while try step(statement) {}
  }

  /// Calls `each` for every row. What `each` throws ends the query and is thrown on.
  public func query(_ sql: String, _ values: [SQLValue] = [], each: (Row) throws -> Void) throws {
    let statement = try take(sql)
    defer { give(back: statement, sql) }
    try bind(values, to: statement)
    let row = Row(statement, path: path)
    while try step(statement) { try each(row) }
  }

  /// All rows through `read`.
  public func rows<Value>(
    _ sql: String, _ values: [SQLValue] = [], _ read: (Row) throws -> Value
  ) throws -> [Value] {
    var result: [Value] = []
    try query(sql, values) { result.append(try read($0)) }
    return result
  }

  /// The first row through `read`; nil without rows.
  public func first<Value>(
    _ sql: String, _ values: [SQLValue] = [], _ read: (Row) throws -> Value
  ) throws -> Value? {
    var result: Value?
    try query(sql, values) { row in if result == nil { result = try read(row) } }
    return result
  }

  /// Runs a constant script of several statements, as migrations are.
  public func script(_ sql: String) throws(DatabaseError) {
    try check(sqlite3_exec(handle, sql, nil, nil, nil))
  }

  /// Rows changed by the last statement.
  public var changedCount: Int { Int(sqlite3_changes(handle)) }

  /// The row id of the last insertion.
  public var lastRowID: Int64 { sqlite3_last_insert_rowid(handle) }

  /// For `sqlite3_interrupt`.
  var interruption: OpaquePointer { handle }

  /// Whether there is a row.
  private func step(_ statement: OpaquePointer) throws(DatabaseError) -> Bool {
    let code = sqlite3_step(statement)
    guard code == SQLITE_DONE || code == SQLITE_ROW else { throw error(code) }
    return code == SQLITE_ROW
  }

  private func take(_ sql: String) throws(DatabaseError) -> OpaquePointer {
    if let statement = prepared[sql], running.insert(statement).inserted { return statement }
    var statement: OpaquePointer?
    try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
    guard let statement else { throw DatabaseError(.other, "an empty statement", path: path) }
    if prepared[sql] == nil, prepared.count < Self.preparedMax { prepared[sql] = statement }
    running.insert(statement)
    return statement
  }

  private func give(back statement: OpaquePointer, _ sql: String) {
    running.remove(statement)
    guard prepared[sql] == statement else {
      sqlite3_finalize(statement)
      return
    }
    sqlite3_reset(statement)
    sqlite3_clear_bindings(statement)
  }

  private func bind(_ values: [SQLValue], to statement: OpaquePointer) throws(DatabaseError) {
    let wanted = Int(sqlite3_bind_parameter_count(statement))
    guard values.count == wanted else {
      throw DatabaseError(.other, "\(wanted) values wanted, \(values.count) given", path: path)
    }
    for (index, value) in values.enumerated() {
      let position = Int32(index + 1)
      switch value {
      case .null: try check(sqlite3_bind_null(statement, position))
      case .integer(let number): try check(sqlite3_bind_int64(statement, position, number))
      case .real(let number): try check(sqlite3_bind_double(statement, position, number))
      case .text(let text):
        var text = text
        // SAFETY: SQLite copies the bytes before the call returns.
        try check(
          text.withUTF8 { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
              acq_sqlite_bind_text(statement, position, $0.baseAddress, Int32($0.count))
            }
          })
      case .blob(let bytes):
        // SAFETY: as for text.
        try check(
          bytes.withUnsafeBytes { acq_sqlite_bind_blob(statement, position, $0.baseAddress, Int32($0.count)) }
        )
      }
    }
  }

  private func check(_ code: Int32) throws(DatabaseError) {
    guard code == SQLITE_OK else { throw error(code) }
  }

  private func error(_ code: Int32) -> DatabaseError {
    DatabaseError(
      code: code == SQLITE_ERROR ? sqlite3_extended_errcode(handle) : code,
      reason: String(cString: sqlite3_errmsg(handle)), path: path)
  }
}
