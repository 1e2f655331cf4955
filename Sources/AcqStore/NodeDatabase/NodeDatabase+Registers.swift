public import AcqCore
import AcqDatabase

extension NodeDatabase {
  /// The statement that a register holds now; nil when there is none.
  public func statement(register: RegisterKey) throws -> Statement? {
    try row("SELECT bytes FROM statement WHERE register = ?", [.digest(register)]) { row in
      guard let statement = try? Statement(decoding: row.blob(0)) else {
        throw Self.damaged("a statement that does not parse")
      }
      return statement
    }
  }

  /// Author, register and hash of those of `hashes` that are current, in their order.
  public func registers(hashes: [StatementHash]) throws -> [(
    author: NodeID, key: RegisterKey, hash: StatementHash
  )] {
    try hashes.compactMap { hash in
      try row("SELECT author, register FROM statement WHERE hash = ?", [.digest(hash)]) { row in
        (author: try row.digest(0), key: try row.digest(1), hash: hash)
      }
    }
  }
}
