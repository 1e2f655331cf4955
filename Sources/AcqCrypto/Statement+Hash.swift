public import AcqCore

extension Statement {
  /// Names this statement, signature included (protocol §4).
  public var hash: StatementHash {
    SHA256.hash(Domain.statementHash, encoded, as: StatementHash.self)
  }

  /// The register that this statement competes for (protocol §4).
  public var registerKey: RegisterKey {
    Self.registerKey(kind: kind, author: author, subject: subject, shard: shard)
  }

  /// The register of one kind of fact by one author about one subject (protocol §4).
  public static func registerKey(
    kind: StatementKind, author: NodeID, subject: SubjectID, shard: UInt8 = 0
  ) -> RegisterKey {
    var hash = SHA256()
    hash.update(Domain.register)
    hash.update([kind.rawValue])
    hash.update(author)
    hash.update(subject)
    hash.update([shard])
    return hash.finalize(as: RegisterKey.self)
  }

  /// A new statement by the owner of `key`; at most `Limits.statementBytesMax` bytes in all.
  public static func signed(
    kind: StatementKind, subject: SubjectID, shard: UInt8 = 0, sequence: UInt64, body: [UInt8],
    by key: NodeKey
  ) -> Statement {
    precondition(sequence < Limits.sequenceMax, "own sequence numbers stay below 2^62")
    let covered = signedBytes(
      kind: kind, author: key.id, subject: subject, shard: shard, sequence: sequence, body: body)
    return Statement(
      kind: kind, author: key.id, subject: subject, shard: shard, sequence: sequence, body: body,
      signature: key.sign(Domain.statement + covered))
  }

  /// Whether the owner of `card` wrote exactly this. Costs about 70 µs.
  public func isSigned(by card: Card) -> Bool {
    author == card.id && Ed25519.isValid(signature, of: Domain.statement + signedBytes, by: card.signPublic)
  }
}
