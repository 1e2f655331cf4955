import CSQLite

/// Why SQLite did not do what it was asked.
public struct DatabaseError: Error, Hashable, CustomStringConvertible, Sendable {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// Another connection holds a lock, and waiting for it took too long.
    case busy
    /// No space left, or the database is at its largest allowed size.
    case full
    /// The file is not a database, or damaged.
    case corrupt
    /// A uniqueness or other rule of the schema forbids it.
    case constraint
    /// `interrupt` was called or the time was up.
    case interrupted
    /// Reading, writing or syncing the file failed.
    case io
    /// The file cannot be opened, or not for writing.
    case unavailable
    /// The schema's version is newer than this program.
    case tooNew
    /// Anything else: a wrong statement, a value of another type.
    case other
  }
  /// What went wrong.
  public let kind: Kind
  /// SQLite's extended result code; 0 when it was not SQLite.
  public let code: Int32
  /// SQLite's words, or ours.
  public let reason: String
  /// The database's file.
  public let path: String

  /// An error of our own.
  public init(_ kind: Kind, _ reason: String, path: String) {
    self.kind = kind
    self.reason = reason
    self.path = path
    code = 0
  }

  init(code: Int32, reason: String, path: String) {
    self.code = code
    self.reason = reason
    self.path = path
    kind =
      switch code & 0xFF {
      case SQLITE_BUSY, SQLITE_LOCKED: .busy
      case SQLITE_FULL: .full
      case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
      case SQLITE_CONSTRAINT: .constraint
      case SQLITE_INTERRUPT: .interrupted
      case SQLITE_IOERR, SQLITE_NOLFS: .io
      case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .unavailable
      default: .other
      }
  }

  /// Another connection held a lock for too long.
  public var isBusy: Bool { kind == .busy }
  /// No space left.
  public var isFull: Bool { kind == .full }
  /// The file is damaged or no database.
  public var isCorrupt: Bool { kind == .corrupt }
  /// Whether trying again later, unchanged, can help.
  public var isTransient: Bool { [.busy, .full, .interrupted, .io].contains(kind) }

  /// `database path: reason`.
  public var description: String { "database \(path): \(reason)" }
}
