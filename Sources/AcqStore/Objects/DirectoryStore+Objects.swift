public import AcqCore
public import AcqCrypto
import AcqSystem

/// An open object: bytes to serve, and whether they are still those that were verified.
public final class StoredObject: ByteSource, Sendable {
  /// What was verified.
  public let record: ObjectRecord
  private let file: any DiskFile

  init(_ record: ObjectRecord, _ file: any DiskFile) {
    self.record = record
    self.file = file
  }

  /// Number of bytes.
  public var sizeBytes: UInt64 { record.stamp.sizeBytes }

  /// Up to `count` bytes from `offset`; fewer only at the end.
  public func read(at offset: UInt64, count: Int) throws -> [UInt8] {
    try storing(record.id) { try file.read(at: offset, count: count) }
  }

  /// Throws `.changed` unless the file is still what was verified. Ask after reading and before sending.
  public func checkUnchanged() throws {
    guard record.stamp.matches(try storing(record.id) { try file.identity() }) else {
      throw StoreError(.changed, "the file was changed after it was verified", recording: record.id)
    }
  }
}

/// What hashing a file of objects/ showed.
public enum Verification: Hashable, Sendable {
  /// The bytes are the content id's; the record is what to hold. The map is what peers ask for.
  case intact(ObjectRecord, BlockMap)
  /// The bytes are another content: damaged on the medium, or edited.
  case different(ContentID)
  /// There is no such file.
  case missing
}

extension DirectoryStore {
  /// Opens a recording that is held, for serving and conversions. Throws `.notHeld`, `.missing`, `.changed`,
  /// `.volumeMissing`: for the last three withdraw the receipt at once.
  public func openObject(_ id: ContentID) throws -> StoredObject {
    guard let record = try database.object(id) else {
      throw StoreError(.notHeld, "not held", recording: id)
    }
    if record.path == nil { try requireVolume() }
    do {
      let object = StoredObject(record, try disk.open(path(of: record), .read))
      try object.checkUnchanged()
      return object
    } catch let error as Errno where error.isNotFound {
      throw StoreError(.missing, "the file is gone", recording: id, underlying: error)
    } catch let error as Errno where error.isSymbolicLink {
      throw StoreError(.changed, "a symbolic link stands in the file's place", recording: id)
    } catch {
      throw StoreError.wrap(error, recording: id)
    }
  }

  func path(of record: ObjectRecord) -> String { record.path ?? StorePaths.object(record.id) }

  /// Reads a whole file of objects/ (or a held file elsewhere) and hashes it: scrub, start without a
  /// database, file times that changed. A file that changes while it is read is `.different`.
  public func verifyObject(_ id: ContentID, isCancelled: () -> Bool = { false }) throws -> Verification {
    let record = try database.object(id)
    let path = record.map { self.path(of: $0) } ?? StorePaths.object(id)
    if record?.path == nil { try requireVolume() }
    return try storing(id) {
      guard try disk.identity(path)?.kind == .file else { return .missing }
      let file = try disk.open(path, .read)
      let before = try file.identity()
      file.dropFromCache()
      var digest = FileDigest()
      try Self.read(file, isCancelled) { digest.update($0) }
      let (found, map) = digest.finish()
      let after = try file.identity()
      guard found == id, after.isUnchanged(from: before) else { return .different(found) }
      // What a crash or a power cut left may be whole in memory only.
      try file.sync()
      let verified = ObjectRecord(
        id: id, stamp: FileStamp(after), path: record?.path, reason: record?.reason,
        verifiedMs: Clock.wallMs())
      return .intact(verified, map)
    }
  }

  /// Reads a file from start to end in pieces.
  static func read(
    _ file: any DiskFile, _ isCancelled: () -> Bool, _ body: (ArraySlice<UInt8>) throws -> Void
  ) throws {
    var offset: UInt64 = 0
    while true {
      if isCancelled() { throw StoreError(.cancelled, "cancelled") }
      let bytes = try file.read(at: offset, count: Limits.blockBytes)
      guard !bytes.isEmpty else { return }
      try body(bytes[...])
      offset += UInt64(bytes.count)
    }
  }

  /// Takes a file out of objects/ and the tree that is not what its name says, or is not held: a file with
  /// other names loses only this one; the last name moves to staging/, where the good blocks save their being
  /// fetched again. Commit its removal from the holdings before.
  public func takeBack(_ id: ContentID) throws {
    try removeFromTree(id)
    try storing(id) {
      let path = StorePaths.object(id)
      guard let there = try disk.identity(path) else { return }
      let part = StorePaths.part(id)
      if there.kind == .file, there.linkCount == 1, try disk.identity(part) == nil {
        try disk.rename(path, to: part)
        try disk.syncDirectory(StorePaths.staging)
      } else {
        guard there.kind != .directory else { throw StoreError(.planted, "\(path) is a directory") }
        try disk.unlink(path)
      }
      try disk.syncDirectory(StorePaths.shard(id))
    }
  }
}
