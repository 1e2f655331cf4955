extension Files {
  /// Removes a directory and everything below it; follows no links. Nothing there is no error.
  public static func removeTree(_ path: String) throws(Errno) {
    guard let identity = try identity(path) else { return }
    guard identity.kind == .directory else {
      _ = try unlink(path)
      return
    }
    for name in try list(path) { try removeTree("\(path)/\(name)") }
    try removeDirectory(path)
  }

  /// Directories below one another that are walked, at most: a recorder makes few, and a loop of mounts none.
  public static let walkDepthMax = 32

  /// Calls `each` for everything below `directory`, a directory before what is in it, names in byte order. Links are
  /// reported, not followed. What goes away while it is walked is passed over.
  public static func walk(
    _ directory: String, depthMax: Int = walkDepthMax, _ each: (String, FileIdentity) throws -> Void
  ) throws {
    for name in try list(directory) {
      let path = directory + "/" + name
      guard let identity = try identity(path) else { continue }
      try each(path, identity)
      guard identity.kind == .directory, depthMax > 1 else { continue }
      do {
        try walk(path, depthMax: depthMax - 1, each)
      } catch let error as Errno where error.isNotFound || error.isDenied {
        continue
      }
    }
  }
}
