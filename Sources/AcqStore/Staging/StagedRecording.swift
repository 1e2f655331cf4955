public import AcqCore
public import AcqCrypto
import AcqSystem
import Synchronization

/// A recording that arrives in pieces. A block is verified against the map in memory and only then written,
/// so the part holds nothing unverified; a whole file only leaves through `finish`. Called from the threads
/// of all sessions.
public final class StagedRecording: Sendable {
  /// What a write did.
  public enum WriteOutcome: Hashable, Sendable {
    /// Taken; this many bytes of the block, from its start, are there and not verified.
    case partial(filledBytes: Int)
    /// The block is complete and what the map says.
    case verified
    /// The block is complete and not what the map says: thrown away, to be fetched again whole from one peer.
    case wrong
    /// Not taken: the bytes were there already, or do not follow what is there.
    case ignored(filledBytes: Int)
  }

  struct State {
    var verified: Bitmap
    /// The starts of blocks that are not complete.
    var partials: [Int: [UInt8]] = [:]
    /// Blocks that a thread is verifying or writing just now.
    var completing: Set<Int> = []
    var failure: StoreError?
    /// Bytes verified since the last checkpoint.
    var unsavedBytes: Int
    var lastCheckpoint: Instant?
    var isFinished = false
  }

  /// How far the file was read back from the medium: after each checkpoint what is durable by then, so that little
  /// is left to read when the last block is there.
  struct ReadBack: ~Copyable {
    var hash = SHA256()
    var bytes: UInt64 = 0

    /// Blocks were taken back: everything is read again.
    mutating func reset() {
      hash = SHA256()
      bytes = 0
    }
  }

  /// Starts of blocks kept in memory, at most: more than any number of sessions has in flight at 16 MiB each.
  private static let partialsMax = 64

  /// What is being fetched.
  public let claim: Claim
  /// What each block must be.
  public let map: BlockMap
  let store: DirectoryStore
  let file: any DiskFile
  let state: Mutex<State>
  /// One checkpoint or finish at a time: an older bitmap must not overwrite a newer one.
  let saving = Mutex(ReadBack())

  init(_ claim: Claim, _ map: BlockMap, file: any DiskFile, verified: Bitmap, store: DirectoryStore) {
    self.claim = claim
    self.map = map
    self.file = file
    self.store = store
    // What was found by hashing may not be on the medium yet: the first checkpoint sees to it.
    state = Mutex(State(verified: verified, unsavedBytes: verified.setCount))
  }

  /// Which blocks are verified.
  public var verified: Bitmap { state.withLock { $0.verified } }
  /// Whether all blocks are verified: time to `finish`.
  public var isComplete: Bool { state.withLock { $0.verified.isFull } }
  /// Whether writing failed: stage it again, which reads the part anew from the medium.
  public var hasFailed: Bool { state.withLock { $0.failure != nil } }
  /// Bytes that need not be fetched any more.
  public var verifiedBytes: UInt64 {
    let verified = verified
    guard map.blockCount > 0 else { return 0 }
    let full = UInt64(verified.setCount) * UInt64(Limits.blockBytes)
    let last = map.blockCount - 1
    return verified[last] ? full - UInt64(Limits.blockBytes - map.byteCount(ofBlock: last)) : full
  }

  /// How many bytes of a block are there from its start, verified or not: where to ask on.
  public func filledBytes(ofBlock block: Int) -> Int {
    guard block >= 0, block < map.blockCount else { return 0 }
    return state.withLock { $0.filledBytes(of: block, whole: map.byteCount(ofBlock: block)) }
  }

  /// Takes bytes of a block, which must follow what is there of it. The last bytes of a block verify it.
  /// Throws `.outOfRange` for a peer's nonsense, `.noSpace` and `.media` when the medium fails; then the part
  /// is dead.
  public func write(_ bytes: ArraySlice<UInt8>, block: Int, offset: Int) throws -> WriteOutcome {
    guard block >= 0, block < map.blockCount, offset >= 0, !bytes.isEmpty,
      bytes.count <= map.byteCount(ofBlock: block) - offset
    else {
      throw StoreError(.outOfRange, "bytes \(offset)+\(bytes.count) of block \(block)", recording: claim.id)
    }
    let size = map.byteCount(ofBlock: block)
    let (outcome, whole) = try state.withLock { state throws(StoreError) in
      try state.take(bytes, block: block, offset: offset, size: size, partialsMax: Self.partialsMax)
    }
    guard let whole else { return outcome }
    return try complete(block, whole)
  }

  /// Forgets the unverified start of a block, so that one peer sends all of it.
  public func discardPartial(ofBlock block: Int) {
    state.withLock { _ = $0.partials.removeValue(forKey: block) }
  }

  /// Bytes of a verified block; nil when the block is not verified or the bytes are not in it.
  public func read(block: Int, offset: Int, count: Int) throws -> [UInt8]? {
    guard block >= 0, block < map.blockCount, offset >= 0, count >= 0,
      count <= map.byteCount(ofBlock: block) - offset, verified[block]
    else { return nil }
    let start = UInt64(block) * UInt64(Limits.blockBytes) + UInt64(offset)
    let bytes = try storing(claim.id) { try file.read(at: start, count: count) }
    return bytes.count == count ? bytes : nil
  }

  /// Outside the lock: other blocks are taken meanwhile, and nobody else touches this one.
  private func complete(_ block: Int, _ bytes: [UInt8]) throws -> WriteOutcome {
    let isRight = BlockMap.hash(block: bytes[...]) == map.blocks[block]
    if isRight {
      do {
        try file.write(bytes[...], at: UInt64(block) * UInt64(Limits.blockBytes))
      } catch {
        throw fail(error)
      }
    }
    state.withLock { state in
      state.completing.remove(block)
      guard isRight else { return }
      state.verified[block] = true
      state.unsavedBytes += bytes.count
    }
    return isRight ? .verified : .wrong
  }

  /// Marks the part as dead after a failure of the medium, and gives the error to throw.
  func fail(_ error: any Error) -> any Error {
    let wrapped = StoreError.wrap(error, recording: claim.id)
    let reason = (wrapped as? StoreError)?.reason ?? "\(wrapped)"
    state.withLock { state in
      guard state.failure == nil else { return }
      state.failure = StoreError(.failed, "the part failed before: \(reason)", recording: claim.id)
      state.partials = [:]
    }
    store.forget(self)
    return wrapped
  }
}

extension StagedRecording.State {
  fileprivate func filledBytes(of block: Int, whole: Int) -> Int {
    verified[block] || completing.contains(block) ? whole : partials[block]?.count ?? 0
  }

  /// Adds bytes to a block; gives the whole block, once, to who completed it.
  fileprivate mutating func take(
    _ bytes: ArraySlice<UInt8>, block: Int, offset: Int, size: Int, partialsMax: Int
  ) throws(StoreError) -> (StagedRecording.WriteOutcome, whole: [UInt8]?) {
    if let failure { throw failure }
    let filled = filledBytes(of: block, whole: size)
    guard !isFinished, offset <= filled, offset + bytes.count > filled,
      filled > 0 || bytes.count == size || partials.count < partialsMax
    else { return (.ignored(filledBytes: filled), nil) }
    // Taken out while it grows, so that the array is not copied.
    var partial = partials.removeValue(forKey: block) ?? []
    if partial.isEmpty { partial.reserveCapacity(size) }
    partial.append(contentsOf: bytes.dropFirst(filled - offset))
    if partial.count == size {
      completing.insert(block)
      return (.verified, partial)
    }
    partials[block] = partial
    return (.partial(filledBytes: partial.count), nil)
  }
}
