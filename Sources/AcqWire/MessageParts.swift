public import AcqCore

/// Optional parts of the protocol; one is used only when both sides' HELLO has its bit.
public struct Features: OptionSet, Hashable, Sendable {
  /// The bits on the wire; unknown ones are kept and have no effect.
  public let rawValue: UInt32
  /// Any bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// DATA may carry a zstd frame.
  public static let zstd = Features(rawValue: 1 << 0)
  /// GROW announces open recordings.
  public static let grow = Features(rawValue: 1 << 1)
}

/// Why a request ended (END).
public enum EndStatus: UInt16, CaseIterable, Sendable {
  /// Everything asked for was sent.
  case ok = 0
  /// The peer has not got it, or not all of it.
  case notHeld = 1
  /// Not now.
  case busy = 2
  /// Its medium failed.
  case inputOutput = 3
  /// CANCEL came first.
  case cancelled = 4
  /// The bytes at the source are no longer those of the content id.
  case changed = 5
  /// The asking node may not have it.
  case denied = 6
  /// Over a limit.
  case limit = 7
}

/// Why a session ended (CLOSE).
public enum CloseCode: UInt16, CaseIterable, Sendable {
  /// No protocol version in common.
  case version = 1
  /// The other side broke the protocol.
  case protocolViolation = 2
  /// Another session with the same node stays.
  case duplicate = 3
  /// The node stops.
  case shutdown = 4
  /// Dial again at once: keys are to be fresh, or the accepted authors changed.
  case renew = 5
  /// The node is no longer trusted.
  case untrusted = 6
}

/// The first message of both sides.
public struct Hello: Hashable, Sendable {
  /// Lowest version that the sender speaks.
  public var protocolMin: UInt16
  /// Highest version that the sender speaks.
  public var protocolMax: UInt16
  /// What the sender offers.
  public var features: Features
  /// The sender's manifest root.
  public var root: ManifestHash
  /// Bytes that the peer may have requested and not yet received.
  public var inflightBytesMax: UInt32
  /// The sender's name, at most 255 bytes.
  public var name: String
  /// The sender's program version, at most 255 bytes.
  public var version: String

  /// What this program says, unless told otherwise.
  public init(
    protocolMin: UInt16 = Version.protocolNumber, protocolMax: UInt16 = Version.protocolNumber,
    features: Features = [], root: ManifestHash, inflightBytesMax: UInt32 = 16 << 20, name: String,
    version: String = Version.program
  ) {
    self.protocolMin = protocolMin
    self.protocolMax = protocolMax
    self.features = features
    self.root = root
    self.inflightBytesMax = inflightBytesMax
    self.name = name
    self.version = version
  }
}

/// PING, and PONG that answers it.
public struct Ping: Hashable, Sendable {
  /// Chosen by the sender of PING.
  public var id: UInt64
  /// The sender of PING's monotonic clock.
  public var monotonicNs: UInt64
  /// The sender's own wall clock, milliseconds since 1970.
  public var wallMs: UInt64
  /// Whether the sender's wall clock can be believed (protocol §11).
  public var isClockSet: Bool

  /// A ping or pong.
  public init(id: UInt64, monotonicNs: UInt64, wallMs: UInt64, isClockSet: Bool) {
    self.id = id
    self.monotonicNs = monotonicNs
    self.wallMs = wallMs
    self.isClockSet = isClockSet
  }
}

/// One accepted author's root in ROOTS.
public struct AuthorRoot: Hashable, Sendable {
  /// Who.
  public let author: NodeID
  /// The root of that author's tree; zero without statements.
  public let root: ManifestHash

  /// An author with its root.
  public init(author: NodeID, root: ManifestHash) {
    self.author = author
    self.root = root
  }
}

/// TREE_GET: asks for places in one author's tree.
public struct TreeRequest: Hashable, Sendable {
  /// Not 0.
  public let requestID: UInt32
  /// Whose tree.
  public let author: NodeID
  /// At most 512.
  public let prefixes: [NibblePrefix]

  /// A request.
  public init(requestID: UInt32, author: NodeID, prefixes: [NibblePrefix]) {
    self.requestID = requestID
    self.author = author
    self.prefixes = prefixes
  }
}

/// BLOCK_GET: asks for bytes of one block.
public struct BlockRequest: Hashable, Sendable {
  /// Not 0.
  public let requestID: UInt32
  /// A content id, or the id of an open recording.
  public let subject: SubjectID
  /// Number of the block.
  public let block: UInt32
  /// From the block's start.
  public let offset: UInt32
  /// 1 to a block less `offset`.
  public let length: UInt32
  /// 0 (a person waits) to 3 (repair).
  public let priority: UInt8
  /// Whether DATA may be zstd; a permission, never a demand.
  public let acceptsZstd: Bool

  /// A request.
  public init(
    requestID: UInt32, subject: SubjectID, block: UInt32, offset: UInt32, length: UInt32, priority: UInt8,
    acceptsZstd: Bool = false
  ) {
    self.requestID = requestID
    self.subject = subject
    self.block = block
    self.offset = offset
    self.length = length
    self.priority = priority
    self.acceptsZstd = acceptsZstd
  }
}

/// What DATA says before its payload.
public struct DataHeader: Hashable, Sendable {
  /// The BLOCK_GET that it answers.
  public let requestID: UInt32
  /// From the block's start.
  public let offset: UInt32
  /// Bytes of the block that the payload is.
  public let rawLength: UInt32

  /// A header.
  public init(requestID: UInt32, offset: UInt32, rawLength: UInt32) {
    self.requestID = requestID
    self.offset = offset
    self.rawLength = rawLength
  }
}

/// Consecutive blocks of a recording.
public struct BlockRange: Hashable, Sendable {
  /// The first block.
  public let first: UInt32
  /// How many; not 0.
  public let count: UInt32

  /// A range.
  public init(first: UInt32, count: UInt32) {
    self.first = first
    self.count = count
  }
}

/// GROW: an open recording got longer.
public struct Grow: Hashable, Sendable {
  /// Names the open recording (protocol §6).
  public let openID: SubjectID
  /// Bytes so far.
  public let sizeBytes: UInt64
  /// Blocks that will not change any more.
  public let finalBlockCount: UInt32
  /// Its file name.
  public let name: String

  /// An announcement.
  public init(openID: SubjectID, sizeBytes: UInt64, finalBlockCount: UInt32, name: String) {
    self.openID = openID
    self.sizeBytes = sizeBytes
    self.finalBlockCount = finalBlockCount
    self.name = name
  }
}
