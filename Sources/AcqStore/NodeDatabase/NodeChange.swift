public import AcqCore
public import AcqCrypto

/// A statement with what this node knows about it.
public struct LedgerRow: Hashable, Sendable {
  /// The statement.
  public let statement: Statement
  /// Its hash.
  public let hash: StatementHash
  /// Its register.
  public let key: RegisterKey
  /// This node's store counter when it was stored: each stored statement has its own.
  public let stored: UInt64
  /// The peer that it came from; nil: this node made it.
  public let source: NodeID?

  /// A row.
  public init(statement: Statement, hash: StatementHash, key: RegisterKey, stored: UInt64, source: NodeID?) {
    self.statement = statement
    self.hash = hash
    self.key = key
    self.stored = stored
    self.source = source
  }
}

/// What is known of a peer's manifest (protocol §4, catching up).
public struct Mark: Hashable, Sendable {
  /// The own store counter that the peer's root last covered.
  public let counter: UInt64
  /// The authors in both lists then; nil: not known.
  public let common: Set<NodeID>?

  /// A mark.
  public init(counter: UInt64, common: Set<NodeID>?) {
    self.counter = counter
    self.common = common
  }
}

/// Everything that changes together: one transaction, all or nothing, on the medium when `commit` returns.
public struct NodeChange: Sendable {
  /// Nothing.
  public init() {}

  /// Statements that won their registers. An older one than the register holds is passed over.
  public var statements: [LedgerRow] = []
  /// The own counter, when it rises. It never falls.
  public var ownSequence: UInt64?
  /// New marks, by peer.
  public var marks: [NodeID: Mark] = [:]
  /// First pair of statements with one number, by author; a later pair of the author is passed over.
  public var evidence: [NodeID: (first: Statement, second: Statement)] = [:]

  /// Recordings that are held now.
  public var objectsAdded: [ObjectRecord] = []
  /// Recordings that are not held any more.
  public var objectsRemoved: [ContentID] = []
  /// Recordings that were freed.
  public var freedAdded: [ContentID] = []
  /// Recordings that are wanted again although they were freed.
  public var freedRemoved: [ContentID] = []
  /// Recordings that are in the catalog now.
  public var cataloguedAdded: [ContentID] = []
  /// Recordings that are not in the catalog any more.
  public var cataloguedRemoved: [ContentID] = []
  /// Names to be removed by `DirectoryStore.finishRemovals`.
  public var removals: [Removal] = []

  /// Recorder's files that were sealed.
  public var sealedFiles: [SealedFile] = []
  /// Paths that are not sealed files any more.
  public var sealedFilesRemoved: [String] = []
  /// Files that were refused.
  public var refusedFiles: [RefusedFile] = []
  /// Paths that are not refused any more.
  public var refusedFilesRemoved: [String] = []

  /// Block maps, by claim.
  public var maps: [(claim: Claim, map: BlockMap)] = []
  /// Maps that nobody needs any more.
  public var mapsRemoved: [Claim] = []
  /// Downloads that are done with: installed or given up.
  public var stagingRemoved: [ContentID] = []
  /// Other things to remember, by name; nil forgets.
  public var notes: [String: String?] = [:]
}
