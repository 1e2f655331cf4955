public import AcqCore
import AcqSystem

/// What came of sealing a file.
public enum SealOutcome: Sendable {
  /// The bytes are on the medium, hashed and pinned. Commit RECORDING, HOLDING and these together.
  case sealed(SealedContent)
  /// Somebody has it open for writing.
  case beingWritten
  /// The kernel does not say who writes: only after 30 s without a change, and status says so (protocol §6).
  case writersUnknown(reason: String)
  /// It changed while it was read; try again later.
  case changedMeanwhile
  /// It is gone, or no regular file.
  case notAFile
}

/// A sealed file's place.
public struct SealedContent: Hashable, Sendable {
  /// What to hold. Its `path` is set, with the reason, where the file could not be linked into objects/.
  public let object: ObjectRecord
  /// What the recorder's file is, for `SealedFile`.
  public let stamp: FileStamp
}

extension DirectoryStore {
  /// Seals the recorder's file at the absolute `path` (protocol §6, without the metadata): nobody writes →
  /// fsync of file and directory → one read, given to `consume` in order → `contentID` asked → unchanged →
  /// hard link into objects/. What `consume` and `contentID` throw ends it and is thrown on.
  /// `evenIfWritersUnknown`: the caller waited 30 s.
  public func seal(
    _ path: String, evenIfWritersUnknown: Bool = false, isCancelled: () -> Bool = { false },
    consume: (ArraySlice<UInt8>) throws -> Void, contentID: () throws -> ContentID
  ) throws -> SealOutcome {
    precondition(path.hasPrefix("/"), "a recorder's file has an absolute path")
    try requireVolume()
    return try storing {
      guard try disk.identity(path)?.kind == .file else { return .notAFile }
      let file = try disk.open(path, .read)
      let before = try file.identity()
      if let outcome = Self.refusal(file.writers(), evenIfWritersUnknown) { return outcome }
      try file.sync()
      try disk.syncDirectory(Files.directory(of: path))
      try Self.read(file, isCancelled, consume)
      let id = try contentID()
      if let outcome = Self.refusal(file.writers(), evenIfWritersUnknown) { return outcome }
      let after = try file.identity()
      guard after.isUnchanged(from: before), let named = try disk.identity(path), named.isSameFile(as: after)
      else {
        return .changedMeanwhile
      }
      let object = try pin(file, id, path, FileStamp(after))
      return .sealed(SealedContent(object: object, stamp: FileStamp(after)))
    }
  }

  private static func refusal(_ writers: Writers, _ evenIfUnknown: Bool) -> SealOutcome? {
    switch writers {
    case .nobody: nil
    case .somebody: .beingWritten
    case .unknown(let reason): evenIfUnknown ? nil : .writersUnknown(reason: reason.description)
    }
  }

  /// Gives the open file a name in objects/, or records its path where that cannot be.
  private func pin(_ file: any DiskFile, _ id: ContentID, _ path: String, _ stamp: FileStamp) throws
    -> ObjectRecord
  {
    let name = StorePaths.object(id)
    if let held = try database.object(id), let there = try disk.identity(self.path(of: held)),
      held.stamp.matches(there)
    {
      return held  // The same content twice: one object.
    }
    if let there = try disk.identity(name) {
      if there.kind == .file, stamp.matches(there) {
        try disk.syncDirectory(StorePaths.shard(id))
        return ObjectRecord(id: id, stamp: stamp, verifiedMs: Clock.wallMs())
      }
      // Not held, so not verified: what was just read is.
      guard there.kind != .directory else { throw StoreError(.planted, "\(name) is a directory") }
      try disk.unlink(name)
    }
    do {
      try disk.link(file, to: name)
    } catch let error as Errno where error.isNotLinkable {
      return ObjectRecord(
        id: id, stamp: stamp, path: path, reason: error.description, verifiedMs: Clock.wallMs())
    }
    try disk.syncDirectory(StorePaths.shard(id))
    return ObjectRecord(id: id, stamp: stamp, verifiedMs: Clock.wallMs())
  }
}
