import CLinux
import Glibc

/// Operations on names. Nothing here follows a symbolic link in the last component.
public enum Files {
  /// Size, times and kind of what `path` names; nil when nothing does.
  public static func identity(_ path: String) throws(Errno) -> FileIdentity? {
    var raw = acq_file_identity()
    guard withPath(path, { acq_identify_path($0, &raw) }) == 0 else {
      let error = Errno.last("lstat", path)
      if error.isNotFound { return nil }
      throw error
    }
    return FileIdentity(raw)
  }

  /// Whether `path` names anything.
  public static func exists(_ path: String) -> Bool { ((try? identity(path)) ?? nil) != nil }

  /// Renames, replacing what stood there, atomically.
  public static func rename(_ from: String, to: String) throws(Errno) {
    guard withPath(from, { from in withPath(to) { Glibc.rename(from, $0) } }) == 0 else {
      throw .last("rename", "\(from) to \(to)")
    }
  }

  /// Renames; EEXIST when `to` exists.
  public static func renameWithoutReplacing(_ from: String, to: String) throws(Errno) {
    guard withPath(from, { from in withPath(to) { acq_rename_noreplace(from, $0) } }) == 0 else {
      throw .last("rename", "\(from) to \(to)")
    }
  }

  /// Gives the file at `from` a second name; EEXIST when `to` exists.
  public static func link(_ from: String, to: String) throws(Errno) {
    guard withPath(from, { from in withPath(to) { Glibc.link(from, $0) } }) == 0 else {
      throw .last("link", "\(from) to \(to)")
    }
  }

  /// Removes a name that is not a directory. Returns false when there was none.
  @discardableResult
  public static func unlink(_ path: String) throws(Errno) -> Bool {
    if withPath(path, { Glibc.unlink($0) }) == 0 { return true }
    let error = Errno.last("unlink", path)
    guard error.isNotFound else { throw error }
    return false
  }

  /// Removes an empty directory.
  public static func removeDirectory(_ path: String) throws(Errno) {
    guard withPath(path, { rmdir($0) }) == 0 else { throw .last("rmdir", path) }
  }

  /// Makes a directory; false when a directory is there already, ENOTDIR when something else is.
  @discardableResult
  public static func makeDirectory(_ path: String, permissions: UInt32 = 0o755) throws(Errno) -> Bool {
    if withPath(path, { mkdir($0, mode_t(permissions)) }) == 0 { return true }
    let error = Errno.last("mkdir", path)
    guard error.code == EEXIST else { throw error }
    guard try identity(path)?.kind == .directory else {
      throw Errno(code: ENOTDIR, call: "mkdir", path: path)
    }
    return false
  }

  /// Makes a directory and those above it. Links above the last component may be the administrator's.
  public static func makeDirectories(_ path: String, permissions: UInt32 = 0o755) throws(Errno) {
    do {
      try makeDirectory(path, permissions: permissions)
    } catch  where error.code == ENOENT {
      let parent = directory(of: path)
      guard parent != path else { throw error }
      try makeDirectories(parent, permissions: permissions)
      try makeDirectory(path, permissions: permissions)
    }
  }

  /// The names in a directory, in byte order, without `.` and `..`.
  public static func list(_ path: String) throws(Errno) -> [String] {
    let number = openDirectory(path)
    guard number >= 0 else { throw .last("open", path) }
    return try list(FileDescriptor(adopting: number, path: path))
  }

  /// The names in an open directory, in byte order.
  static func list(_ directory: borrowing FileDescriptor) throws(Errno) -> [String] {
    let path = directory.path
    let number = fcntl(directory.number, F_DUPFD_CLOEXEC, 0)
    guard number >= 0, let directory = fdopendir(number) else {
      if number >= 0 { close(number) }
      throw .last("opendir", path)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while true {
      Errno.set(0)
      // SAFETY: the entry is valid until the next readdir on the same, unshared stream.
      guard let entry = readdir(directory) else {
        if Errno.lastCode != 0 { throw .last("readdir", path) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { PathText.text(Array($0.prefix { $0 != 0 })) }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  private static func openDirectory(_ path: String) -> Int32 {
    retrying { withPath(path) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) } }
  }

  /// fsync of a directory: the names in it are on the medium.
  public static func syncDirectory(_ path: String) throws(Errno) {
    let number = openDirectory(path)
    guard number >= 0 else { throw .last("open", path) }
    let descriptor = FileDescriptor(adopting: number, path: path)
    try descriptor.sync()
  }

  /// All bytes of a file of at most `limit` bytes; EFBIG when it is larger.
  public static func readAll(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
    let bytes = try FileDescriptor(opening: path, .read).read(at: 0, count: limit + 1)
    guard bytes.count <= limit else { throw Errno(code: EFBIG, call: "read", path: path) }
    return bytes
  }

  /// Replaces or makes a small file so that a crash leaves the old or the new one, whole.
  public static func writeAtomically(
    _ bytes: [UInt8], to path: String, permissions: UInt32 = 0o644
  ) throws(Errno) {
    let temporary = path + ".new"
    try unlink(temporary)
    do {
      let descriptor = try FileDescriptor(opening: temporary, .create, permissions: permissions)
      try descriptor.setPermissions(permissions)
      try descriptor.write(bytes[...], at: 0)
      try descriptor.sync()
    } catch {
      _ = try? unlink(temporary)
      throw error
    }
    try rename(temporary, to: path)
    try syncDirectory(directory(of: path))
  }

  /// Bytes that an ordinary user may still write where `path` is, and the size of that filesystem.
  public static func space(_ path: String) throws(Errno) -> (freeBytes: UInt64, totalBytes: UInt64) {
    var free: UInt64 = 0
    var total: UInt64 = 0
    guard withPath(path, { acq_space($0, &free, &total) }) == 0 else { throw .last("statvfs", path) }
    return (free, total)
  }

  /// The part of `path` before its last slash; `.` without one.
  public static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }

  /// The part of `path` after its last slash.
  public static func name(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }
}
