public import AcqCore

/// What the manifest knows of one register: its current statement, and how it came here.
public struct ManifestEntry: Hashable, Sendable {
  /// The statement's number; the higher wins.
  public var sequence: UInt64
  /// Hash of the whole statement; of equal numbers the lower hash wins.
  public var hash: StatementHash
  /// This node's store counter when it was stored.
  public var stored: UInt64
  /// The peer that it came from; nil when this node wrote it.
  public var source: NodeID?

  /// An entry; see the properties.
  public init(sequence: UInt64, hash: StatementHash, stored: UInt64, source: NodeID?) {
    self.sequence = sequence
    self.hash = hash
    self.stored = stored
    self.source = source
  }
}

/// Names the statement of one register.
public struct StatementRef: Hashable, Sendable {
  /// Who signed it.
  public let author: NodeID
  /// Its register.
  public let key: RegisterKey
  /// Its hash.
  public let hash: StatementHash

  /// A reference; see the properties.
  public init(author: NodeID, key: RegisterKey, hash: StatementHash) {
    self.author = author
    self.key = key
    self.hash = hash
  }
}
