import Glibc

/// One daemon for each state directory: an exclusive lock on a file, held until the value ends, also by a
/// crash.
public struct FileLock: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  /// Takes the lock at `path`, making the file; EWOULDBLOCK when another process has it. Never waits.
  public init(_ path: String) throws(Errno) {
    let descriptor = try FileDescriptor(opening: path, .createIfMissing, permissions: 0o600)
    guard retrying({ flock(descriptor.number, LOCK_EX | LOCK_NB) }) == 0 else { throw .last("lock", path) }
    try descriptor.truncate(to: 0)
    try descriptor.write(Array("\(getpid())\n".utf8)[...], at: 0)
    self.descriptor = descriptor
  }
}
