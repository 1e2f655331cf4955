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
}
