public import AcqCore
import CSQLite

/// One row of a result; valid only inside the closure that it was handed to. Columns count from 0.
public struct Row {
  private let statement: OpaquePointer
  private let path: String

  init(_ statement: OpaquePointer, path: String) {
    self.statement = statement
    self.path = path
  }

  /// Whether a column is NULL.
  public func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }

  /// A column as SQLite's 64-bit integer; 0 for NULL.
  public func integer(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }

  /// A column as `Int`; 0 for NULL.
  public func int(_ column: Int) -> Int { Int(integer(column)) }

  /// A column written by `SQLValue.unsigned`; 0 for NULL.
  public func unsigned(_ column: Int) -> UInt64 { UInt64(bitPattern: integer(column)) }

  /// A column as true unless 0 or NULL.
  public func bool(_ column: Int) -> Bool { integer(column) != 0 }

  /// A column as a floating-point number; 0 for NULL.
  public func real(_ column: Int) -> Double { sqlite3_column_double(statement, Int32(column)) }

  /// A column as text; empty for NULL. Malformed UTF-8 is repaired.
  public func text(_ column: Int) -> String {
    guard let start = sqlite3_column_text(statement, Int32(column)) else { return "" }
    let count = Int(sqlite3_column_bytes(statement, Int32(column)))
    // SAFETY: SQLite owns `count` bytes there until the next call on this statement; they are copied.
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// A column's bytes; empty for NULL.
  public func blob(_ column: Int) -> [UInt8] {
    guard let start = sqlite3_column_blob(statement, Int32(column)) else { return [] }
    let count = Int(sqlite3_column_bytes(statement, Int32(column)))
    // SAFETY: SQLite owns `count` bytes there until the next call on this statement; they are copied.
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// A column of exactly 32 bytes; anything else is a damaged database and throws.
  public func digest<Subject>(_ column: Int, _: Digest<Subject>.Type = Digest<Subject>.self)
    throws(DatabaseError)
    -> Digest<Subject>
  {
    guard let digest = Digest<Subject>(blob(column)) else {
      throw DatabaseError(.corrupt, "a hash of \(blob(column).count) bytes", path: path)
    }
    return digest
  }

  /// A column as `Value` through `read`, or nil for NULL.
  public func optional<Value>(_ column: Int, _ read: (Int) throws -> Value) rethrows -> Value? {
    isNull(column) ? nil : try read(column)
  }
}
