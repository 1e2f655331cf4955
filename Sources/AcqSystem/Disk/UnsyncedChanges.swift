/// What a `FaultyDisk` has done and not synced: the part of the past that a power cut may take back.
struct UnsyncedChanges: Sendable {
  /// The smallest piece that a medium writes whole.
  private static let sectorBytes = 512

  /// Bytes as they stood before one write.
  struct Write: Sendable {
    let file: any DiskFile
    let identity: FileIdentity
    let offset: UInt64
    let before: [UInt8]

    init(_ file: any DiskFile, offset: UInt64, count: Int) throws {
      self.file = file
      identity = try file.identity()
      self.offset = offset
      before = try file.read(at: offset, count: count)
    }
  }

  private enum Name: Sendable {
    case created(String)
    case madeDirectory(String)
    case renamed(String, String)
    /// The file, and where its inode was kept if that was its last name.
    case unlinked(String, any DiskFile, grave: String?)
  }

  private var writes: [Write] = []
  private var names: [(name: Name, directories: [String])] = []

  mutating func wrote(_ write: Write) { writes.append(write) }
  mutating func synced(_ identity: FileIdentity) { writes.removeAll { $0.identity.isSameFile(as: identity) } }
  mutating func created(_ path: String, in directory: String) { names.append((.created(path), [directory])) }
  mutating func madeDirectory(_ path: String) {
    names.append((.madeDirectory(path), [Files.directory(of: path)]))
  }
  mutating func renamed(_ from: String, to: String) {
    // Both names change in one transaction of the filesystem, so that syncing either directory settles both.
    names.append((.renamed(from, to), [Files.directory(of: from), Files.directory(of: to)]))
  }
  mutating func unlinked(_ path: String, _ file: any DiskFile, grave: String?) {
    names.append((.unlinked(path, file, grave: grave), [Files.directory(of: path)]))
  }

  /// Forgets the names that a sync settled, and gives the graves that are of no more use.
  mutating func syncedDirectory(_ path: String) -> [String] {
    defer { names.removeAll { $0.directories.contains(path) } }
    return names.compactMap { entry in
      guard entry.directories.contains(path), case .unlinked(_, _, let grave) = entry.name else { return nil }
      return grave
    }
  }

  /// Takes back a random part: bytes first (through files that are open), then names, the latest first.
  func lose(on disk: any Disk, _ random: inout some RandomNumberGenerator) throws {
    for write in writes.reversed() where Bool.random(using: &random) { try Self.lose(write, &random) }
    let lost = Int.random(in: 0...names.count, using: &random)
    for (name, _) in names.suffix(lost).reversed() { try Self.undo(name, on: disk) }
  }

  private static func lose(_ write: Write, _ random: inout some RandomNumberGenerator) throws {
    let now = try write.file.read(at: write.offset, count: 1 << 20)
    for start in stride(from: 0, to: now.count, by: sectorBytes) where Bool.random(using: &random) {
      // What was never written reads as zeros: the file's length had reached the medium, its bytes had not.
      let end = min(now.count, start + sectorBytes)
      let old = (start..<end).map { $0 < write.before.count ? write.before[$0] : 0 }
      try write.file.write(old[...], at: write.offset + UInt64(start))
    }
    if Bool.random(using: &random), try write.file.identity().sizeBytes > write.identity.sizeBytes {
      try write.file.truncate(to: write.identity.sizeBytes)
    }
  }

  private static func undo(_ name: Name, on disk: any Disk) throws {
    switch name {
    case .created(let path): try disk.unlink(path)
    case .madeDirectory(let path): try? disk.removeDirectory(path)
    case .renamed(let from, let to): try disk.renameWithoutReplacing(to, to: from)
    case .unlinked(let path, _, let grave?): try disk.renameWithoutReplacing(grave, to: path)
    case .unlinked(let path, let file, nil): try disk.link(file, to: path)
    }
  }
}
