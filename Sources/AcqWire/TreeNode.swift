public import AcqCore

/// What TREE_NODE says of one place in an author's tree (protocol §3, type 13).
public enum TreeNode: Equatable, Sendable {
  /// No statement there.
  case empty
  /// 1 to 16 entries, ascending by key.
  case leaf([Entry])
  /// More than 16 entries: the prefix that all of them share, and 16 children, at least two of them not nil.
  case inner(prefix: NibblePrefix, children: [Child?])

  /// One register of the author: what stands there now.
  public struct Entry: Hashable, Sendable {
    /// Which register.
    public let key: RegisterKey
    /// Its statement's sequence number.
    public let sequence: UInt64
    /// Its statement.
    public let hash: StatementHash

    /// An entry.
    public init(key: RegisterKey, sequence: UInt64, hash: StatementHash) {
      self.key = key
      self.sequence = sequence
      self.hash = hash
    }
  }

  /// One branch of an inner node.
  public struct Child: Hashable, Sendable {
    /// Entries below; not 0.
    public let count: UInt32
    /// The beginning of its hash.
    public let hash: ShortHash

    /// A branch.
    public init(count: UInt32, hash: ShortHash) {
      self.count = count
      self.hash = hash
    }
  }
}

/// The first 16 bytes of a manifest hash: enough where hashes are only compared (protocol §4, Walk).
public struct ShortHash: Hashable, Sendable {
  /// Bytes on the wire.
  public static let byteCount = 16

  private let high: UInt64
  private let low: UInt64

  /// The beginning of `hash`.
  public init(_ hash: ManifestHash) {
    high = (0..<8).reduce(0) { $0 << 8 | UInt64(hash[$1]) }
    low = (8..<16).reduce(0) { $0 << 8 | UInt64(hash[$1]) }
  }

  /// Nil unless there are exactly 16 bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  func write(to writer: inout ByteWriter) {
    writer.writeBigEndian(high)
    writer.writeBigEndian(low)
  }
}
