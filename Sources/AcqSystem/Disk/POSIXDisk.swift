import CLinux
import Glibc

/// The real disk: a directory and what is below it.
public final class POSIXDisk: Disk {
  /// The directory that relative paths start from.
  public let root: String
  private let directory: FileDescriptor

  /// A disk whose root is the directory `root`. Links in `root` itself are the administrator's and are
  /// followed.
  public init(root: String) throws(Errno) {
    self.root = root
    let number = withPath(root) { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard number >= 0 else { throw .last("open", root) }
    directory = FileDescriptor(adopting: number, path: root)
  }

  /// As `Disk`.
  public func open(_ path: String, _ mode: FileDescriptor.Mode) throws -> any DiskFile {
    let flags = mode.flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let number = try at(path, "open") { directory, name in retrying { openat(directory, name, flags, 0o644) }
    }
    return POSIXFile(FileDescriptor(adopting: number, path: shown(path)))
  }

  /// As `Disk`.
  public func identity(_ path: String) throws -> FileIdentity? {
    var raw = acq_file_identity()
    do throws(Errno) {
      _ = try at(path, "lstat") { acq_identify_at($0, $1, &raw) }
      return FileIdentity(raw)
    } catch {
      if error.isNotFound { return nil }
      throw error
    }
  }

  /// As `Disk`.
  public func list(_ path: String) throws -> [String] { try Files.list(openDirectory(path)) }

  /// As `Disk`.
  @discardableResult
  public func makeDirectory(_ path: String) throws -> Bool {
    do throws(Errno) {
      _ = try at(path, "mkdir") { mkdirat($0, $1, 0o755) }
      return true
    } catch {
      guard error.code == EEXIST else { throw error }
      guard try identity(path)?.kind == .directory else {
        throw Errno(code: ENOTDIR, call: "mkdir", path: shown(path))
      }
      return false
    }
  }

  /// As `Disk`.
  public func rename(_ from: String, to: String) throws {
    try both(from, to, "rename") { renameat($0, $1, $2, $3) }
  }

  /// As `Disk`.
  public func renameWithoutReplacing(_ from: String, to: String) throws {
    try both(from, to, "rename") { acq_rename_noreplace_at($0, $1, $2, $3) }
  }

  /// As `Disk`.
  public func link(_ file: any DiskFile, to path: String) throws {
    guard let file = file as? POSIXFile else { preconditionFailure("a file of this disk") }
    _ = try at(path, "link") { acq_link_open_file(file.number, $0, $1) }
  }

  /// As `Disk`.
  @discardableResult
  public func unlink(_ path: String) throws -> Bool {
    do throws(Errno) {
      _ = try at(path, "unlink") { unlinkat($0, $1, 0) }
      return true
    } catch {
      guard error.isNotFound else { throw error }
      return false
    }
  }

  /// As `Disk`.
  public func removeDirectory(_ path: String) throws {
    _ = try at(path, "rmdir") { unlinkat($0, $1, AT_REMOVEDIR) }
  }

  /// As `Disk`.
  public func syncDirectory(_ path: String) throws { try openDirectory(path).sync() }

  /// As `Disk`.
  public func commit(_ body: () throws -> Void) throws { try body() }

  /// As `Disk`.
  public func space(_ path: String) throws -> (freeBytes: UInt64, totalBytes: UInt64) {
    try Files.space(shown(path))
  }

  private func shown(_ path: String) -> String { path.hasPrefix("/") ? path : "\(root)/\(path)" }

  private func openDirectory(_ path: String) throws(Errno) -> FileDescriptor {
    let number = try at(path, "open") { openat($0, $1, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) }
    return FileDescriptor(adopting: number, path: shown(path))
  }

  /// Calls `body` with the directory that holds the last component of `path`, and that component.
  private func at(
    _ path: String, _ call: String, _ body: (Int32, UnsafePointer<CChar>) -> Int32
  ) throws(Errno) -> Int32 {
    let result = try parent(of: path) { directory, name in withPath(name) { body(directory, $0) } }
    guard result >= 0 else { throw .last(call, shown(path)) }
    return result
  }

  private func both(
    _ from: String, _ to: String, _ call: String,
    _ body: (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>) -> Int32
  ) throws(Errno) {
    var inner: Errno?
    let result = try parent(of: from) { fromDirectory, fromName in
      do throws(Errno) {
        return try parent(of: to) { toDirectory, toName in
          withPath(fromName) { from in withPath(toName) { body(fromDirectory, from, toDirectory, $0) } }
        }
      } catch {
        inner = error
        return -1
      }
    }
    if let inner { throw inner }
    guard result >= 0 else { throw .last(call, "\(shown(from)) to \(shown(to))") }
  }

  /// Walks down from the root one component at a time, so that a link planted on the way is refused, not
  /// followed.
  private func parent(of path: String, _ body: (Int32, String) -> Int32) throws(Errno) -> Int32 {
    if path.hasPrefix("/") { return body(AT_FDCWD, path) }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.last, !parts.contains(where: { $0.isEmpty || $0 == ".." || $0 == "." }) else {
      throw Errno(code: EINVAL, call: "open", path: path)
    }
    var here = FileDescriptor(adopting: fcntl(directory.number, F_DUPFD_CLOEXEC, 0), path: root)
    guard here.number >= 0 else { throw .last("dup", root) }
    for part in parts.dropLast() {
      let next = withPath(String(part)) { acq_open_directory(here.number, $0) }
      guard next >= 0 else { throw .last("open", shown(path)) }
      here = FileDescriptor(adopting: next, path: root)
    }
    return body(here.number, String(name))
  }
}

/// An open file of the real disk.
final class POSIXFile: DiskFile {
  private let descriptor: FileDescriptor
  var number: Int32 { descriptor.number }
  var path: String { descriptor.path }

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  func identity() throws -> FileIdentity { try descriptor.identity() }
  func read(at offset: UInt64, count: Int) throws -> [UInt8] { try descriptor.read(at: offset, count: count) }
  func write(_ bytes: ArraySlice<UInt8>, at offset: UInt64) throws { try descriptor.write(bytes, at: offset) }
  func sync() throws { try descriptor.sync() }
  func syncData() throws { try descriptor.syncData() }
  func truncate(to sizeBytes: UInt64) throws { try descriptor.truncate(to: sizeBytes) }
  func reserve(_ sizeBytes: UInt64) throws { try descriptor.reserve(sizeBytes) }
  func setPermissions(_ permissions: UInt32) throws { try descriptor.setPermissions(permissions) }
  func dropFromCache() { descriptor.dropFromCache() }
  func writers() -> Writers { descriptor.writers() }
}
