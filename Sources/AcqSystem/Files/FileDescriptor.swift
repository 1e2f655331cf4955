import CLinux
import Glibc

/// An open file; closed when the value ends. Symbolic links in the last component are never followed.
public struct FileDescriptor: ~Copyable, Sendable {
  /// How to open.
  public enum Mode: Hashable, Sendable {
    /// Read an existing file.
    case read
    /// Read and write an existing file.
    case readWrite
    /// Read and write a new file; EEXIST when the name exists, whatever it is.
    case create
    /// Read and write; made when missing.
    case createIfMissing
    /// Write at the end; made when missing.
    case append

    var flags: Int32 {
      switch self {
      case .read: O_RDONLY
      case .readWrite: O_RDWR
      case .create: O_RDWR | O_CREAT | O_EXCL
      case .createIfMissing: O_RDWR | O_CREAT
      case .append: O_WRONLY | O_APPEND | O_CREAT
      }
    }
  }

  /// The path that was opened, for messages.
  public let path: String
  let number: Int32

  /// Opens `path`. Never blocks on a pipe or device; ELOOP for a symbolic link.
  public init(opening path: String, _ mode: Mode, permissions: UInt32 = 0o644) throws(Errno) {
    let flags = mode.flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let number = retrying { withPath(path) { open($0, flags, mode_t(permissions)) } }
    guard number >= 0 else { throw .last("open", path) }
    self.init(adopting: number, path: path)
  }

  init(adopting number: Int32, path: String) {
    self.number = number
    self.path = path
  }

  deinit { close(number) }

  /// Size, times and inode as they are now.
  public func identity() throws(Errno) -> FileIdentity {
    var raw = acq_file_identity()
    guard acq_identify(number, &raw) == 0 else { throw .last("fstat", path) }
    return FileIdentity(raw)
  }

  /// Up to `count` bytes from `offset`; fewer only at the end.
  public func read(at offset: UInt64, count: Int) throws(Errno) -> [UInt8] {
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
      // SAFETY: the array owns `buffer` for the duration of this closure and it has room for `count` bytes.
      while filled < count {
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<count])
        let result = retrying { pread(number, rest.baseAddress, rest.count, off_t(offset) + off_t(filled)) }
        if result < 0 { failure = .last("pread", path) }
        if result <= 0 { break }
        filled += result
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Writes all of `bytes` at `offset`.
  public func write(_ bytes: ArraySlice<UInt8>, at offset: UInt64) throws(Errno) {
    let failure = bytes.withUnsafeBytes { buffer -> Errno? in
      // SAFETY: the slice owns `buffer` for the duration of this closure.
      var written = 0
      while written < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        let result = retrying { pwrite(number, rest.baseAddress, rest.count, off_t(offset) + off_t(written)) }
        if result < 0 { return .last("pwrite", path) }
        if result == 0 { return Errno(code: EIO, call: "pwrite", path: path) }
        written += result
      }
      return nil
    }
    if let failure { throw failure }
  }

  /// Writes all of `bytes` where the descriptor stands (pipes, files opened for appending).
  public func write(_ bytes: ArraySlice<UInt8>) throws(Errno) {
    let failure = bytes.withUnsafeBytes { buffer -> Errno? in
      // SAFETY: the slice owns `buffer` for the duration of this closure.
      var written = 0
      while written < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        let result = retrying { Glibc.write(number, rest.baseAddress, rest.count) }
        if result < 0, Errno.lastCode == EAGAIN {
          _ = Poll.wait([Poll.Entry(number, .write)], deadline: nil)
          continue
        }
        if result <= 0 { return .last("write", path) }
        written += result
      }
      return nil
    }
    if let failure { throw failure }
  }

  /// fsync: bytes and what is known about the file are on the medium. A failure is a failure.
  public func sync() throws(Errno) {
    guard retrying({ fsync(number) }) == 0 else { throw .last("fsync", path) }
  }

  /// fdatasync: the bytes, and the size, are on the medium. A failure is a failure.
  public func syncData() throws(Errno) {
    guard retrying({ fdatasync(number) }) == 0 else { throw .last("fdatasync", path) }
  }

  /// Cuts or extends (with zeros) to `sizeBytes`.
  public func truncate(to sizeBytes: UInt64) throws(Errno) {
    guard retrying({ ftruncate(number, off_t(sizeBytes)) }) == 0 else { throw .last("ftruncate", path) }
  }

  /// Takes space for `sizeBytes` from the filesystem without changing the size. ENOSPC now instead of later;
  /// EOPNOTSUPP where the filesystem cannot.
  public func reserve(_ sizeBytes: UInt64) throws(Errno) {
    guard sizeBytes > 0 else { return }
    guard retrying({ acq_reserve(number, Int64(clamping: sizeBytes)) }) == 0 else {
      throw .last("fallocate", path)
    }
  }

  /// Sets the permission bits.
  public func setPermissions(_ permissions: UInt32) throws(Errno) {
    guard retrying({ fchmod(number, mode_t(permissions)) }) == 0 else { throw .last("fchmod", path) }
  }

  /// Asks the kernel to forget cached pages, so that the next read comes from the medium. Best effort.
  public func dropFromCache() { posix_fadvise(number, 0, 0, POSIX_FADV_DONTNEED) }

  /// Says that the file will be read from start to end. Best effort.
  public func willReadInOrder() { posix_fadvise(number, 0, 0, POSIX_FADV_SEQUENTIAL) }

  /// Whether somebody has this regular file open for writing, by a read lease that is dropped at once.
  public func writers() -> Writers {
    switch acq_test_read_lease(number) {
    case 0: .nobody
    case 1: .somebody
    default: .unknown(.last("lease", path))
    }
  }
}

/// Who writes to a file (protocol §6).
public enum Writers: Hashable, Sendable {
  /// Nobody has it open for writing.
  case nobody
  /// Somebody has.
  case somebody
  /// The kernel does not say: not the file's owner, or a filesystem without leases.
  case unknown(Errno)

  /// Asks about the file at `path`. Opens it for reading only.
  public static func of(_ path: String) throws(Errno) -> Writers {
    try FileDescriptor(opening: path, .read).writers()
  }
}
