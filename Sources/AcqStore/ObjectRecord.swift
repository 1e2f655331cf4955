public import AcqCore
public import AcqSystem

/// What a verified file was when it was verified. The device is kept for people and for a test made at once;
/// it is not compared later, since some filesystems number their devices anew at each start.
public struct FileStamp: Hashable, Sendable {
  /// Device number when it was taken.
  public let device: UInt64
  /// Inode number.
  public let inode: UInt64
  /// Size in bytes.
  public let sizeBytes: UInt64
  /// Modification time, nanoseconds since 1970.
  public let modifiedNs: Int64

  /// The stamp of a file as it is.
  public init(_ identity: FileIdentity) {
    self.init(
      device: identity.device, inode: identity.inode, sizeBytes: identity.sizeBytes,
      modifiedNs: identity.modifiedNs)
  }

  /// A stamp.
  public init(device: UInt64, inode: UInt64, sizeBytes: UInt64, modifiedNs: Int64) {
    self.device = device
    self.inode = inode
    self.sizeBytes = sizeBytes
    self.modifiedNs = modifiedNs
  }

  /// Whether the file is still what was stamped: a regular file, inode, size and modification time.
  public func matches(_ identity: FileIdentity) -> Bool {
    identity.kind == .file && inode == identity.inode && sizeBytes == identity.sizeBytes
      && modifiedNs == identity.modifiedNs
  }
}

/// A recording that this node holds: verified, read back from the medium.
public struct ObjectRecord: Hashable, Sendable {
  /// Which recording.
  public let id: ContentID
  /// What the file was when it was verified.
  public let stamp: FileStamp
  /// Where the file is when it could not be linked into objects/; nil for objects/ab/….mcap.
  public let path: String?
  /// Why it could not be linked, for status.
  public let reason: String?
  /// When it was verified, milliseconds since 1970, for people.
  public let verifiedMs: UInt64

  /// A record.
  public init(id: ContentID, stamp: FileStamp, path: String? = nil, reason: String? = nil, verifiedMs: UInt64)
  {
    self.id = id
    self.stamp = stamp
    self.path = path
    self.reason = reason
    self.verifiedMs = verifiedMs
  }
}

/// A file of the recorder that was sealed: looked at again only when it changes.
public struct SealedFile: Hashable, Sendable {
  /// Absolute path.
  public let path: String
  /// What it was when it was sealed.
  public let stamp: FileStamp
  /// What it is.
  public let id: ContentID
  /// The wall clock at sealing, nanoseconds since 1970, as the machine believed.
  public let wallNs: UInt64
  /// The boot-time clock at sealing, nanoseconds.
  public let bootTimeNs: UInt64
  /// Which start of the machine that was; nil when it cannot be told.
  public let bootID: String?
  /// Whether this daemon saw it being written in that start of the machine (protocol §11).
  public let wasSeenWritten: Bool

  /// A sealed file.
  public init(
    path: String, stamp: FileStamp, id: ContentID, wallNs: UInt64, bootTimeNs: UInt64, bootID: String?,
    wasSeenWritten: Bool
  ) {
    self.path = path
    self.stamp = stamp
    self.id = id
    self.wallNs = wallNs
    self.bootTimeNs = bootTimeNs
    self.bootID = bootID
    self.wasSeenWritten = wasSeenWritten
  }
}

/// A file that is no recording; refused once, until it changes.
public struct RefusedFile: Hashable, Sendable {
  /// Absolute path.
  public let path: String
  /// What it was when it was refused.
  public let stamp: FileStamp
  /// Why, for people.
  public let reason: String

  /// A refused file.
  public init(path: String, stamp: FileStamp, reason: String) {
    self.path = path
    self.stamp = stamp
    self.reason = reason
  }
}

/// A name that is to be removed, if it still names the freed file. Kept until that is done, so that a crash
/// between the receipt's withdrawal and the last unlink leaves nothing behind.
public struct Removal: Hashable, Sendable {
  /// The freed recording.
  public let id: ContentID
  /// The name: below the store, or absolute for the recorder's own.
  public let path: String
  /// The file's device and inode.
  public let device: UInt64
  /// The file's inode.
  public let inode: UInt64

  /// A removal.
  public init(id: ContentID, path: String, device: UInt64, inode: UInt64) {
    self.id = id
    self.path = path
    self.device = device
    self.inode = inode
  }
}
