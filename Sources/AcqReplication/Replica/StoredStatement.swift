public import AcqCore

/// A statement that is durably in the ledger, with the columns that only this node has.
public struct StoredStatement: Hashable, Sendable {
  /// The statement.
  public var statement: Statement
  /// Its author, register and hash.
  public var reference: StatementRef
  /// Its manifest entry.
  public var entry: ManifestEntry

  /// A row of the ledger.
  public init(statement: Statement, reference: StatementRef, entry: ManifestEntry) {
    self.statement = statement
    self.reference = reference
    self.entry = entry
  }
}
