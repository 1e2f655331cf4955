/// What kind of fact a statement says (protocol §4). Unknown kinds are kept and relayed, without effect.
public struct StatementKind: RawRepresentable, Hashable, Sendable {
  /// The byte on the wire.
  public let rawValue: UInt8
  /// Any byte is a kind; unknown ones have no effect.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// This recording exists; the author is its origin.
  public static let recording = StatementKind(rawValue: 1)
  /// What the author holds, verified, and what it freed: a receipt.
  public static let holding = StatementKind(rawValue: 2)
  /// Fields about a recording.
  public static let annotation = StatementKind(rawValue: 3)
  /// A cloud took a recording out of use.
  public static let retirement = StatementKind(rawValue: 4)
  /// The author's own name, space and version.
  public static let node = StatementKind(rawValue: 5)
}

/// A signed, single-writer register: everything small that the team knows (protocol §4).
public struct Statement: Hashable, Sendable {
  /// What it says.
  public let kind: StatementKind
  /// Who signed it.
  public let author: NodeID
  /// A content id or the author, by kind.
  public let subject: SubjectID
  /// First byte of the content ids for `holding`, else 0.
  public let shard: UInt8
  /// The higher wins; below `Limits.sequenceMax`.
  public let sequence: UInt64
  /// Deterministic CBOR map with integer keys; bytes that do not parse have no effect.
  public let body: [UInt8]
  /// Ed25519, 64 bytes.
  public let signature: [UInt8]

  /// First byte of every statement.
  public static let magic: UInt8 = 0xA1
  /// Bytes besides the body: header and signature.
  public static let overheadBytes = headerBytes + signatureBytes
  private static let headerBytes = 82
  /// Bytes of an Ed25519 signature.
  public static let signatureBytes = 64

  /// A statement with its signature (64 bytes).
  public init(
    kind: StatementKind, author: NodeID, subject: SubjectID, shard: UInt8 = 0, sequence: UInt64,
    body: [UInt8],
    signature: [UInt8]
  ) {
    precondition(signature.count == Self.signatureBytes, "an Ed25519 signature is 64 bytes")
    precondition(body.count + Self.overheadBytes <= Limits.statementBytesMax, "body fits a statement")
    self.kind = kind
    self.author = author
    self.subject = subject
    self.shard = shard
    self.sequence = sequence
    self.body = body
    self.signature = signature
  }

  /// What the signature covers, without its domain prefix.
  public static func signedBytes(
    kind: StatementKind, author: NodeID, subject: SubjectID, shard: UInt8, sequence: UInt64, body: [UInt8]
  ) -> [UInt8] {
    var writer = ByteWriter(capacity: headerBytes + body.count)
    writer.write(magic)
    writer.write(kind.rawValue)
    writer.writeBigEndian(UInt16(0))
    writer.write(author)
    writer.write(subject)
    writer.write(shard)
    writer.write([0, 0, 0])
    writer.writeBigEndian(sequence)
    writer.writeBigEndian(UInt16(body.count))
    writer.write(body)
    return writer.bytes
  }

  /// What the signature covers, without its domain prefix.
  public var signedBytes: [UInt8] {
    Self.signedBytes(
      kind: kind, author: author, subject: subject, shard: shard, sequence: sequence, body: body)
  }

  /// All bytes, as on the wire and in the ledger.
  public var encoded: [UInt8] { signedBytes + signature }

  /// Reads one statement that fills `bytes`. Checks the form, not the signature. Source: protocol §4.
  public init(decoding bytes: some Collection<UInt8>) throws(CoreError) {
    guard bytes.count <= Limits.statementBytesMax else {
      throw CoreError(
        .limit, "statement of \(bytes.count) bytes, limit \(Limits.statementBytesMax)", offset: 0)
    }
    var reader = ByteReader(Array(bytes))
    guard try reader.readUInt8() == Self.magic else {
      throw CoreError(.malformed, "not a statement", offset: 0)
    }
    kind = StatementKind(rawValue: try reader.readUInt8())
    guard try reader.readBigEndian(UInt16.self) == 0 else {
      throw CoreError(.malformed, "statement flags are not zero", offset: 2)
    }
    author = try reader.readDigest(NodeID.self)
    subject = try reader.readDigest(SubjectID.self)
    shard = try reader.readUInt8()
    guard try reader.read(3).allSatisfy({ $0 == 0 }) else {
      throw CoreError(.malformed, "statement padding is not zero", offset: reader.offset)
    }
    sequence = try reader.readBigEndian(UInt64.self)
    guard sequence < Limits.sequenceMax else {
      throw CoreError(.limit, "sequence number \(sequence) is over 2^62", offset: reader.offset)
    }
    body = Array(try reader.read(Int(try reader.readBigEndian(UInt16.self))))
    signature = Array(try reader.read(Self.signatureBytes))
    try reader.expectEnd()
  }
}
