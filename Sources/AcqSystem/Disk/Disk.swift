/// What the store does to media, and nothing else: one protocol, so that a test can fail or end the program
/// at each step. A path that begins with `/` is taken as it is; any other is below the disk's root, and
/// neither `..` nor a symbolic link leads out of it. The last component is never followed.
public protocol Disk: Sendable {
  /// Opens a file.
  func open(_ path: String, _ mode: FileDescriptor.Mode) throws -> any DiskFile
  /// What a path names; nil when nothing does.
  func identity(_ path: String) throws -> FileIdentity?
  /// The names in a directory, in byte order.
  func list(_ path: String) throws -> [String]
  /// Makes a directory; false when there is one.
  @discardableResult func makeDirectory(_ path: String) throws -> Bool
  /// Renames, replacing.
  func rename(_ from: String, to: String) throws
  /// Renames; EEXIST when `to` exists.
  func renameWithoutReplacing(_ from: String, to: String) throws
  /// Gives an open file another name; EEXIST when there is one.
  func link(_ file: any DiskFile, to path: String) throws
  /// Removes a name; false when there was none.
  @discardableResult func unlink(_ path: String) throws -> Bool
  /// Removes an empty directory.
  func removeDirectory(_ path: String) throws
  /// The names in a directory are on the medium.
  func syncDirectory(_ path: String) throws
  /// Runs a commit of a database that lives on the same medium: a step like any other.
  func commit(_ body: () throws -> Void) throws
  /// Free and all bytes of the filesystem of a path.
  func space(_ path: String) throws -> (freeBytes: UInt64, totalBytes: UInt64)
}

/// An open file of a `Disk`; closed with its last reference.
public protocol DiskFile: AnyObject, Sendable {
  /// The path that was opened.
  var path: String { get }
  /// Size, times and inode now.
  func identity() throws -> FileIdentity
  /// Up to `count` bytes from `offset`; fewer only at the end.
  func read(at offset: UInt64, count: Int) throws -> [UInt8]
  /// Writes all of `bytes`.
  func write(_ bytes: ArraySlice<UInt8>, at offset: UInt64) throws
  /// fsync.
  func sync() throws
  /// fdatasync.
  func syncData() throws
  /// Cuts or extends with zeros.
  func truncate(to sizeBytes: UInt64) throws
  /// Takes space without changing the size.
  func reserve(_ sizeBytes: UInt64) throws
  /// Sets the permission bits.
  func setPermissions(_ permissions: UInt32) throws
  /// Asks for the next read to come from the medium. Best effort.
  func dropFromCache()
  /// Whether somebody writes to it.
  func writers() -> Writers
}
