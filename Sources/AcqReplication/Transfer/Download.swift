public import AcqCore
import AcqCrypto

/// Names one connection for as long as the process lives.
public struct SessionID: Hashable, Comparable, Sendable {
  /// Counts up; never used twice.
  public let value: UInt64
  /// The session numbered `value`.
  public init(_ value: UInt64) { self.value = value }
  /// The later session is the greater.
  public static func < (a: SessionID, b: SessionID) -> Bool { a.value < b.value }
}

/// One recording on its way in.
struct Download: Sendable {
  /// How far it is.
  enum Phase: Equatable, Sendable {
    /// The shell looks what is staged. Can go to: needsMap, fetching, finishing.
    case preparing
    /// No map yet. Can go to: fetchingMap.
    case needsMap
    /// MAP_GET is out. Can go to: staging, needsMap.
    case fetchingMap(requestID: UInt32)
    /// The map is proved; the shell makes the part. Can go to: fetching, finishing.
    case staging
    /// Blocks are being fetched. Can go to: finishing.
    case fetching
    /// All blocks are there; the shell reads back and installs. Can go to: fetching, or ends.
    case finishing
  }

  let claim: Claim
  /// The origin's number; higher is newer.
  let sequence: UInt64
  /// Whether it was taken up as the oldest one that is missing.
  let isOldest: Bool
  var phase = Phase.preparing
  /// The map's hashes that came so far.
  var mapHashes: [BlockHash] = []
  var verified: BlockSet
  /// Block → bytes of it received so far, from its start; kept over lost connections.
  var partial: [Int: Int] = [:]
  /// Block → the request that fetches it.
  var outstanding: [Int: UInt32] = [:]
  /// The session that it is fetched over.
  var session: SessionID?

  init(claim: Claim, sequence: UInt64, isOldest: Bool) {
    self.claim = claim
    self.sequence = sequence
    self.isOldest = isOldest
    verified = BlockSet(blockCount: claim.blockCount)
  }

  /// The next block to ask for, in ascending order (protocol §6: so what arrived is a prefix).
  func nextBlock() -> Int? {
    var start = 0
    while let block = verified.firstMissing(from: start) {
      if outstanding[block] == nil { return block }
      start = block + 1
    }
    return nil
  }

  /// The connection is gone or given up: requests are void, received bytes stay.
  mutating func detach() {
    outstanding.removeAll()
    session = nil
    if case .fetchingMap = phase { phase = .needsMap }
  }
}

/// Where the payload of a DATA frame goes.
public struct DataRoute: Hashable, Sendable {
  /// The recording.
  public let claim: Claim
  /// Its block.
  public let block: Int
  /// Offset from the block's start.
  public let offset: Int
}

/// What writing a DATA frame's payload came to.
public enum WriteOutcome: Hashable, Sendable {
  /// The block is not complete yet.
  case partial
  /// The block is complete and equals the map.
  case verified
  /// The block is complete and does not: thrown away.
  case wrong
  /// The medium failed; the recording is given up for now.
  case failed
}

/// What finishing a recording came to.
public enum FinishOutcome: Hashable, Sendable {
  /// Read back, right, and installed under objects/.
  case installed
  /// Read back, these blocks are wrong on the medium and were cleared.
  case wrongBlocks([Int])
  /// All blocks are right and the whole is not: the claim is false.
  case falseClaim
  /// The medium failed; tried again later.
  case failed
}
