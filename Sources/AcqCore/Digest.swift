/// 32 bytes that name something, usually a SHA-256; `Subject` says what, so that ids of different things cannot be mixed up.
@frozen public struct Digest<Subject>: Hashable, Comparable, Sendable {
  /// Number of bytes in every digest.
  @inlinable public static var byteCount: Int { 32 }

  /// The bytes as four big-endian words, so that comparing words compares bytes.
  @usableFromInline let words: (UInt64, UInt64, UInt64, UInt64)

  @inlinable init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// The digest of 32 zero bytes: "nothing" in trees and roots.
  @inlinable public static var zero: Digest { Digest(words: (0, 0, 0, 0)) }

  /// Nil unless there are exactly 32 bytes.
  @inlinable public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var parts: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    for (index, byte) in bytes.enumerated() {
      let value = UInt64(byte)
      switch index >> 3 {
      case 0: parts.0 = parts.0 << 8 | value
      case 1: parts.1 = parts.1 << 8 | value
      case 2: parts.2 = parts.2 << 8 | value
      default: parts.3 = parts.3 << 8 | value
      }
    }
    words = parts
  }

  /// Nil unless `hex` is 64 hexadecimal digits.
  public init?(hex: some StringProtocol) {
    guard let bytes = Hex.decode(hex) else { return nil }
    self.init(bytes)
  }

  /// The same bytes, naming something else; use where a specification says that two ids are the same bytes.
  @inlinable public init<Other>(sameBytesAs other: Digest<Other>) { words = other.words }

  /// All 32 bytes, first byte first.
  public var bytes: [UInt8] {
    (0..<Self.byteCount).map { self[$0] }
  }

  /// The byte at `index`, 0 to 31.
  @inlinable public subscript(index: Int) -> UInt8 {
    let word = index < 16 ? (index < 8 ? words.0 : words.1) : (index < 24 ? words.2 : words.3)
    return UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index & 7)))
  }

  /// The four-bit digit at `index`, 0 to 63, most significant first.
  @inlinable public func nibble(_ index: Int) -> Int {
    Int(index & 1 == 0 ? self[index >> 1] >> 4 : self[index >> 1] & 15)
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String { Hex.encode(bytes) }

  /// The first 8 hexadecimal digits, for people.
  public var short: String { Hex.encode((0..<4).map { self[$0] }) }

  /// Equal when all 32 bytes are.
  @inlinable public static func == (a: Digest, b: Digest) -> Bool { a.words == b.words }
  /// Orders by bytes, as the hex would.
  @inlinable public static func < (a: Digest, b: Digest) -> Bool { a.words < b.words }
  /// Feeds the bytes.
  @inlinable public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

extension Digest: CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public var description: String { hex }
}

/// What digests name. None of these has values.
public enum Subjects {
  /// A recording's bytes.
  public enum Content {}
  /// A node's role and public keys.
  public enum Node {}
  /// One block of a recording, or an inner node or the root of its tree.
  public enum Block {}
  /// A signed statement.
  public enum Statement {}
  /// A register that statements compete for.
  public enum Register {}
  /// A node or root of a manifest.
  public enum Manifest {}
  /// What a statement is about: a recording or a node.
  public enum About {}
}

/// SHA-256 of a recording's bytes: its only name inside acqd.
public typealias ContentID = Digest<Subjects.Content>
/// Hash of a node's role and public keys (protocol §1).
public typealias NodeID = Digest<Subjects.Node>
/// Hash of a block, of an inner node, or of a whole block map (protocol §5).
public typealias BlockHash = Digest<Subjects.Block>
/// Hash of a whole signed statement (protocol §4).
public typealias StatementHash = Digest<Subjects.Statement>
/// Hash of kind, author, subject and shard (protocol §4).
public typealias RegisterKey = Digest<Subjects.Register>
/// Hash of a manifest node, an author's root or the whole manifest (protocol §4).
public typealias ManifestHash = Digest<Subjects.Manifest>
/// A statement's subject: a content id or a node id, by its kind.
public typealias SubjectID = Digest<Subjects.About>
