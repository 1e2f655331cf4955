public import AcqCore
public import AcqCrypto
import AcqSystem
import Synchronization

extension DirectoryStore {
  /// Begins to fetch a recording, or takes it up again: what is in staging/ already is hashed against the
  /// map, so that only what is missing is asked for. The same claim gives the same value while it is open.
  public func stage(
    _ claim: Claim, map: BlockMap, isCancelled: () -> Bool = { false }
  ) throws -> StagedRecording {
    guard map.root == claim.blockRoot, map.sizeBytes == claim.sizeBytes else {
      throw StoreError(.mapMismatch, "the block map belongs to another claim", recording: claim.id)
    }
    if let reason = try database.quarantine(claim) {
      throw StoreError(.quarantined, reason, recording: claim.id)
    }
    try requireVolume()
    return try storing(claim.id) {
      try staging.withLock { _ in
        if let open = open.withLock({ $0[claim.id] }) {
          guard open.claim == claim else {
            throw StoreError(.busy, "another claim of this content is being fetched", recording: claim.id)
          }
          return open
        }
        return try begin(claim, map, isCancelled)
      }
    }
  }

  private func begin(
    _ claim: Claim, _ map: BlockMap, _ isCancelled: () -> Bool
  ) throws -> StagedRecording {
    let row = try database.staged().first { $0.claim == claim }
    let path = StorePaths.part(claim.id)
    if try disk.identity(path) == nil, try database.object(claim.id) == nil {
      // A directory that could not be synced leaves a file in objects/ that is not held.
      try takeBack(claim.id)
    }
    let (file, isNew) = try openPart(path)
    let verified: Bitmap
    if isNew {
      // Before the commit: a disk too full for the recording must not cost the ballast.
      try reserve(file, claim.sizeBytes)
      try disk.syncDirectory(StorePaths.staging)
      verified = Bitmap(count: map.blockCount)
    } else {
      // A part left by another claim is as good: its blocks are hashed against this map.
      if try file.identity().sizeBytes > claim.sizeBytes { try file.truncate(to: claim.sizeBytes) }
      // From the medium, not from what a failed sync left in memory.
      file.dropFromCache()
      verified = try Self.verify(file, map, isCancelled)
    }
    if let row, !isNew {
      try correct(Bitmap(count: map.blockCount, bytes: row.verified), verified, claim)
    } else {
      try committing { try database.begin(claim, map) }
    }
    let staged = StagedRecording(claim, map, file: file, verified: verified, store: self)
    open.withLock { $0[claim.id] = staged }
    return staged
  }

  /// The part at `path`, made when there is none. A link or anything else that is not plainly ours is removed
  /// first: bytes written here must never end up in another file.
  private func openPart(_ path: String) throws -> (file: any DiskFile, isNew: Bool) {
    if let there = try disk.identity(path) {
      if there.kind == .file, there.linkCount == 1 {
        // A crash between "read-only" and the rename leaves a part that only root could write to.
        try disk.open(path, .read).setPermissions(0o644)
        return (try disk.open(path, .readWrite), false)
      }
      log.warning("removed a link that was planted in staging", [.path: path])
      guard there.kind != .directory else { throw StoreError(.planted, "\(path) is a directory") }
      try disk.unlink(path)
    }
    return (try disk.open(path, .create), true)
  }

  /// Takes the room at once: a full disk is told before anything is fetched. Not every filesystem can.
  private func reserve(_ file: any DiskFile, _ sizeBytes: UInt64) throws {
    do {
      try file.reserve(sizeBytes)
    } catch let error as Errno where !error.isNoSpace {
      log.debug("no space reserved", [.reason: error])
    } catch {
      if isNoSpace(error) { try disk.unlink(StorePaths.staging + "/" + Files.name(of: file.path)) }
      throw error
    }
  }

  /// Takes out of the bitmap what is not on the medium: it may lag, never lead.
  private func correct(_ known: Bitmap?, _ verified: Bitmap, _ claim: Claim) throws {
    var both = known ?? Bitmap(count: verified.count)
    for block in 0..<both.count where both[block] && !verified[block] { both[block] = false }
    let lostCount = (known?.setCount ?? 0) - both.setCount
    log.debug(
      "took up a part",
      [.recording: claim.id.short, .blocks: verified.setCount, .count: verified.setCount - both.setCount])
    guard known == nil || lostCount > 0 else { return }
    log.warning(
      "blocks that were synced are not on the medium; fetching them again",
      [.recording: claim.id.short, .blocks: lostCount])
    try committing { try database.setVerified(both, of: claim.id) }
  }

  /// Which blocks of an open file are what the map says.
  static func verify(
    _ file: any DiskFile, _ map: BlockMap, _ isCancelled: () -> Bool
  ) throws -> Bitmap {
    var verified = Bitmap(count: map.blockCount)
    let sizeBytes = try file.identity().sizeBytes
    for block in 0..<map.blockCount {
      if isCancelled() { throw StoreError(.cancelled, "cancelled") }
      let start = UInt64(block) * UInt64(Limits.blockBytes)
      let count = map.byteCount(ofBlock: block)
      guard start + UInt64(count) <= sizeBytes else { break }
      verified[block] = BlockMap.hash(block: try file.read(at: start, count: count)[...]) == map.blocks[block]
    }
    return verified
  }

  /// Takes up every download that was begun. Call after `start`, before anything is asked for.
  /// Without the volume there is nothing to take up.
  public func resumeStaged() throws -> [StagedRecording] {
    guard isVolumePresent else { return [] }
    return try database.staged().compactMap { row in
      guard let map = try database.map(row.claim) else {
        try committing { try database.forgetStaged(row.claim.id) }
        return nil
      }
      return try stage(row.claim, map: map)
    }
  }

  /// Parts in staging/ that no download claims: left by a lost database. `stage` takes them up,
  /// `discardStaged` removes them.
  public func unclaimedParts() throws -> [ContentID] {
    try storing {
      let claimed = Set(try database.staged().map(\.claim.id))
      return try disk.list(StorePaths.staging).compactMap(StorePaths.id(ofPart:)).filter {
        !claimed.contains($0)
      }
    }
  }

  /// Gives up a download: its part goes.
  public func discardStaged(_ id: ContentID) throws {
    try storing(id) {
      try staging.withLock { _ in
        open.withLock { $0.removeValue(forKey: id) }?.close()
        try committing { try database.forgetStaged(id) }
        try disk.unlink(StorePaths.part(id))
      }
    }
  }

  func forget(_ staged: StagedRecording) {
    open.withLock { open in
      if open[staged.claim.id] === staged { open.removeValue(forKey: staged.claim.id) }
    }
  }
}

extension StagedRecording {
  /// No write is taken any more.
  fileprivate func close() {
    state.withLock { state in
      state.isFinished = true
      state.partials = [:]
    }
  }
}
