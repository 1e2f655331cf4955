public import AcqCore
import AcqCrypto
public import AcqSystem
import Synchronization

/// Recordings on a directory of a disk: staged, verified, held, named for people, removed (protocol §9).
/// Every method may be called from any thread.
public final class DirectoryStore: Sendable {
  let disk: any Disk
  /// The node's database. Changes that touch holdings go through `commit` here.
  public let database: NodeDatabase
  let node: NodeID
  let log: Log
  let open = Mutex<[ContentID: StagedRecording]>([:])
  /// One `stage` at a time: two would hash and make the same part.
  let staging = Mutex(())
  /// One change of names at a time: two threads that place or free would see each other's half.
  let names = Mutex(())
  /// Held while the ballast comes or goes; never around a commit, which may take it.
  private let ballast = Mutex(())

  /// Makes what is missing of the directories, checks that the filesystem is fit (hard links, fsync) and that
  /// the volume is this node's. A volume that should be there and is not leaves `isVolumePresent` false and
  /// touches nothing. Then call `start`.
  public init(disk: any Disk, database: NodeDatabase, node: NodeID, log: Log) throws {
    self.disk = disk
    self.database = database
    self.node = node
    self.log = log
    try storing { try prepare() }
  }

  /// Commits `change`; on a full disk gives up the ballast and tries once more (protocol §9, 4). After that
  /// free what is safe, then `restoreBallast`.
  public func commit(_ change: NodeChange) throws { try committing { try database.commit(change) } }

  func committing(_ body: () throws -> Void) throws {
    do {
      try disk.commit(body)
    } catch  where isNoSpace(error) {
      guard try spendBallast() else { throw StoreError.wrap(error) }
      log.warning("disk full: gave up the ballast to finish a commit", [.hint: "free space on the volume"])
      try storing { try disk.commit(body) }
    } catch {
      throw StoreError.wrap(error)
    }
  }

  /// Free and all bytes of the volume.
  public func space() throws -> (freeBytes: UInt64, totalBytes: UInt64) {
    try storing { try disk.space(StorePaths.objects) }
  }

  /// Whether the volume's marker names this node. When it does not, nothing is held: withdraw the receipts.
  public var isVolumePresent: Bool { (try? markedNode()) == node.hex }

  /// Throws unless the volume is there.
  func requireVolume() throws {
    guard isVolumePresent else {
      throw StoreError(
        .volumeMissing, "the volume of objects/ is not there",
        hint: "mount it; its recordings are listed again by themselves")
    }
  }

  /// The text of the marker; nil without one.
  func markedNode() throws -> String? {
    guard try disk.identity(StorePaths.marker)?.kind == .file else { return nil }
    let bytes = try disk.open(StorePaths.marker, .read).read(at: 0, count: 100)
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}

// MARK: Ballast

extension DirectoryStore {
  /// Whether the ballast is there.
  public var hasBallast: Bool { ((try? disk.identity(StorePaths.ballast)) ?? nil) != nil }

  /// Makes the ballast when it is missing and twice its size is free; returns whether it is there.
  @discardableResult
  public func restoreBallast() throws -> Bool {
    try storing {
      try ballast.withLock { _ in
        if hasBallast { return true }
        guard try disk.space(StorePaths.staging).freeBytes >= 2 * UInt64(Limits.ballastBytes) else {
          return false
        }
        let file = try disk.open(StorePaths.ballast, .create)
        do {
          // Written, not only reserved, and not compressible: some filesystems would keep neither.
          var random = SeededRandom(seed: UInt64(Limits.ballastBytes))
          let piece = random.bytes(64 << 10)
          for offset in stride(from: 0, to: Limits.ballastBytes, by: piece.count) {
            try file.write(piece[...], at: UInt64(offset))
          }
          try file.sync()
        } catch {
          try disk.unlink(StorePaths.ballast)
          throw error
        }
        return true
      }
    }
  }

  private func spendBallast() throws -> Bool {
    try storing { try ballast.withLock { _ in try disk.unlink(StorePaths.ballast) } }
  }
}
