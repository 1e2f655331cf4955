public import AcqCore
import AcqCrypto
import AcqSystem
import Synchronization

extension StagedRecording {
  /// When verified blocks are written down (protocol §9, 1).
  private enum Checkpoint {
    static let bytes = 64 << 20
    static let interval: Duration = .seconds(2)
  }

  /// Bytes that are read back at a time.
  private static let stepBytes = 1 << 20

  /// Writes down which blocks are on the medium, if 64 MiB or 2 s have passed since the last time; returns
  /// whether it did. Call it after writes and now and then. A failed sync kills the part.
  @discardableResult
  public func checkpointIfDue(at now: Instant) throws -> Bool {
    let isDue = isCheckpointDue(at: now)
    if isDue { try checkpoint(at: now) }
    return isDue
  }

  /// Whether 64 MiB or 2 s have passed since the last checkpoint. Ask after writes; a checkpoint may run on another
  /// thread meanwhile.
  public func isCheckpointDue(at now: Instant) -> Bool {
    state.withLock { state in
      guard state.unsavedBytes > 0 else { return false }
      guard let last = state.lastCheckpoint else {
        state.lastCheckpoint = now
        return state.unsavedBytes >= Checkpoint.bytes
      }
      return state.unsavedBytes >= Checkpoint.bytes || now - last >= Checkpoint.interval
    }
  }

  /// fdatasync, *then* the bitmap: it may lag, never lead. Then reads back what is durable and in order.
  public func checkpoint(at now: Instant) throws {
    try saving.withLock { readBack in
      let (verified, bytes, failure) = state.withLock { ($0.verified, $0.unsavedBytes, $0.failure) }
      if let failure { throw failure }
      do { try file.syncData() } catch { throw fail(error) }
      try store.committing { try store.database.setVerified(verified, of: claim.id) }
      state.withLock { state in
        state.unsavedBytes -= bytes
        state.lastCheckpoint = now
      }
      let prefix = UInt64(verified.firstClear() ?? verified.count) * UInt64(Limits.blockBytes)
      file.dropFromCache()
      do { try continueReadBack(&readBack, upTo: min(prefix, claim.sizeBytes)) { false } } catch {
        throw fail(error)
      }
    }
  }

  /// Makes the complete part an object: synced, read back from the medium, compared with the content id,
  /// renamed, its directory synced. The caller commits the result together with the receipt, and only then
  /// says so. Throws `.wrongBlocks` (cleared, to be fetched again), `.quarantined` (the claim was false),
  /// `.cancelled`.
  public func finish(isCancelled: () -> Bool = { false }) throws -> ObjectRecord {
    try saving.withLock { readBack in
      let (isComplete, failure) = state.withLock { ($0.verified.isFull, $0.failure) }
      if let failure { throw failure }
      guard isComplete else { throw StoreError(.incomplete, "blocks are missing", recording: claim.id) }
      try store.requireVolume()
      do {
        try file.syncData()
        file.dropFromCache()
        guard try finishReadBack(&readBack, isCancelled) == claim.id else {
          readBack.reset()
          throw try blame(isCancelled)
        }
        return try install()
      } catch let error as StoreError {
        throw error
      } catch {
        throw fail(error)
      }
    }
  }

  /// The content id of what is on the medium.
  private func finishReadBack(_ readBack: inout ReadBack, _ isCancelled: () -> Bool) throws -> ContentID? {
    guard try file.identity().sizeBytes == claim.sizeBytes else { return nil }
    try continueReadBack(&readBack, upTo: claim.sizeBytes, isCancelled)
    return readBack.hash.finalize(as: ContentID.self)
  }

  /// Reads on from where the last checkpoint stopped; what is read is durable and not in the cache.
  private func continueReadBack(
    _ readBack: inout ReadBack, upTo end: UInt64, _ isCancelled: () -> Bool
  ) throws {
    while readBack.bytes < end {
      if isCancelled() { throw StoreError(.cancelled, "cancelled", recording: claim.id) }
      let count = Int(min(UInt64(Self.stepBytes), end - readBack.bytes))
      let bytes = try file.read(at: readBack.bytes, count: count)
      guard !bytes.isEmpty else { return }
      readBack.hash.update(bytes)
      readBack.bytes += UInt64(bytes.count)
    }
  }

  /// The file is not what the claim says: either blocks went wrong on the medium, or the claim is false.
  private func blame(_ isCancelled: () -> Bool) throws -> StoreError {
    let verified = try DirectoryStore.verify(file, map, isCancelled)
    let wrong = (0..<map.blockCount).filter { !verified[$0] }
    guard wrong.isEmpty else {
      state.withLock { $0.verified = verified }
      try store.committing { try store.database.setVerified(verified, of: claim.id) }
      return StoreError(
        .wrongBlocks(wrong), "\(wrong.count) blocks were not on the medium as written", recording: claim.id)
    }
    let reason = "every block fits the map, and the whole is not the content id"
    state.withLock { $0.isFinished = true }
    try store.committing { try store.database.quarantine(claim, reason: reason) }
    store.forget(self)
    try store.disk.unlink(StorePaths.part(claim.id))
    return StoreError(.quarantined, reason, recording: claim.id)
  }

  private func install() throws -> ObjectRecord {
    try file.setPermissions(0o444)
    try store.disk.rename(StorePaths.part(claim.id), to: StorePaths.object(claim.id))
    try store.disk.syncDirectory(StorePaths.shard(claim.id))
    // The name now leads to the very file that was read back, or somebody swapped it meanwhile.
    guard let named = try store.disk.identity(StorePaths.object(claim.id)),
      try named.isUnchanged(from: file.identity())
    else { throw StoreError(.planted, "the object was replaced while it was installed", recording: claim.id) }
    state.withLock { state in
      state.isFinished = true
      state.partials = [:]
    }
    store.forget(self)
    return ObjectRecord(id: claim.id, stamp: FileStamp(named), verifiedMs: Clock.wallMs())
  }
}
