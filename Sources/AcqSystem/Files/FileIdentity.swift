import CLinux
import Glibc

/// What tells one file from another, and one state of a file from a later one. Times are only ever compared
/// with each other, never with a clock.
public struct FileIdentity: Hashable, Sendable {
  /// What kind of thing a path names.
  public enum Kind: Hashable, Sendable { case file, directory, symbolicLink, other }

  /// Device number.
  public var device: UInt64
  /// Inode number.
  public var inode: UInt64
  /// Size in bytes.
  public var sizeBytes: UInt64
  /// Time of the last change of its bytes, nanoseconds since 1970.
  public var modifiedNs: Int64
  /// Time of the last change of bytes, names or rights.
  public var changedNs: Int64
  /// Number of names.
  public var linkCount: UInt64
  /// Permission bits.
  public var permissions: UInt32
  /// User id of its owner.
  public var owner: UInt32
  /// File, directory or something else.
  public var kind: Kind

  init(_ raw: acq_file_identity) {
    device = raw.device
    inode = raw.inode
    sizeBytes = raw.size_bytes
    modifiedNs = raw.modified_ns
    changedNs = raw.changed_ns
    linkCount = raw.link_count
    permissions = raw.mode & 0o7777
    owner = raw.owner
    kind =
      switch raw.mode & UInt32(S_IFMT) {
      case UInt32(S_IFREG): .file
      case UInt32(S_IFDIR): .directory
      case UInt32(S_IFLNK): .symbolicLink
      default: .other
      }
  }

  /// Whether both are the same inode: names, sizes and times aside.
  public func isSameFile(as other: FileIdentity) -> Bool { device == other.device && inode == other.inode }

  /// Whether both are the same inode with unchanged bytes: size and modification time are equal. A new change
  /// time alone (a rename, a link) does not count.
  public func isUnchanged(from other: FileIdentity) -> Bool {
    isSameFile(as: other) && sizeBytes == other.sizeBytes && modifiedNs == other.modifiedNs
  }
}
