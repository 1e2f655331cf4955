public import AcqCore
import CLinux
import Glibc

/// A file as a source of bytes; stays readable when its name goes away.
public final class FileSource: ByteSource, Sendable {
  private let descriptor: FileDescriptor
  /// What the file was when it was opened.
  public let opened: FileIdentity

  /// Opens the regular file at `path` for reading.
  public convenience init(_ path: String) throws(Errno) {
    try self.init(FileDescriptor(opening: path, .read))
  }

  /// Takes an open file; EINVAL for anything but a regular one.
  public init(_ descriptor: consuming FileDescriptor) throws(Errno) {
    let opened = try descriptor.identity()
    guard opened.kind == .file else { throw Errno(code: EINVAL, call: "open", path: descriptor.path) }
    self.opened = opened
    self.descriptor = descriptor
  }

  /// The path that was opened, for messages.
  public var path: String { descriptor.path }

  /// The size now; what it was at opening when the file cannot be asked any more.
  public var sizeBytes: UInt64 { (try? descriptor.identity().sizeBytes) ?? opened.sizeBytes }

  /// Size, times and inode as they are now.
  public func identity() throws(Errno) -> FileIdentity { try descriptor.identity() }

  /// Up to `count` bytes from `offset`; fewer only at the end.
  public func read(at offset: UInt64, count: Int) throws -> [UInt8] {
    try descriptor.read(at: offset, count: count)
  }

  /// Asks the kernel to forget cached pages. Best effort.
  public func dropFromCache() { descriptor.dropFromCache() }
}

/// A new file that bytes are appended to.
public final class FileSink: ByteSink {
  private let descriptor: FileDescriptor
  /// Bytes written so far.
  public private(set) var sizeBytes: UInt64 = 0

  /// Makes the file at `path`; EEXIST when the name exists.
  public init(creating path: String, permissions: UInt32 = 0o644) throws(Errno) {
    descriptor = try FileDescriptor(opening: path, .create, permissions: permissions)
  }

  /// Appends `bytes`.
  public func write(_ bytes: ArraySlice<UInt8>) throws {
    try descriptor.write(bytes, at: sizeBytes)
    sizeBytes += UInt64(bytes.count)
  }

  /// fsync: what was written is on the medium.
  public func sync() throws(Errno) { try descriptor.sync() }
}

/// Temporary space in a file without a name: the kernel frees it with the last reference, also after a crash.
public final class FileScratch: Scratch {
  private let descriptor: FileDescriptor
  /// Bytes appended so far.
  public private(set) var sizeBytes: UInt64 = 0

  /// Space on the filesystem of `directory`.
  public init(in directory: String) throws(Errno) {
    let number = withPath(directory) { acq_unnamed_file($0) }
    guard number >= 0 else { throw .last("open without a name", directory) }
    descriptor = FileDescriptor(adopting: number, path: directory)
  }

  /// Appends `bytes` and returns where they begin.
  public func append(_ bytes: ArraySlice<UInt8>) throws -> UInt64 {
    let offset = sizeBytes
    try descriptor.write(bytes, at: offset)
    sizeBytes += UInt64(bytes.count)
    return offset
  }

  /// Up to `count` bytes from `offset`; fewer only at the end.
  public func read(at offset: UInt64, count: Int) throws -> [UInt8] {
    try descriptor.read(at: offset, count: count)
  }
}
