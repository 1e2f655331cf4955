import AcqCore
import AcqSystem

extension DirectoryStore {
  /// Directories, fitness, marker, ballast. Each step may be repeated after a crash.
  func prepare() throws {
    let marked = try markedNode()
    if let marked, marked != node.hex {
      throw StoreError(
        .foreignVolume, "objects/ belongs to node \(marked.prefix(8)), this is \(node.short)",
        hint: "give this node a directory of its own")
    }
    guard try marked != nil || !database.isVolumeKnown() else {
      log.error("the volume is missing: nothing is held until it returns", [.path: StorePaths.marker])
      return
    }
    for directory in [
      StorePaths.staging, StorePaths.objects, StorePaths.recordings, StorePaths.trash, StorePaths.cache,
    ] {
      try makeDirectory(directory)
    }
    try checkFilesystem()
    let there = Set(try disk.list(StorePaths.objects).map { "\(StorePaths.objects)/\($0)" })
    for shard in StorePaths.shards where !there.contains(shard) { try disk.makeDirectory(shard) }
    try disk.syncDirectory(StorePaths.objects)
    if marked == nil { try writeMarker() }
    if try !database.isVolumeKnown() { try committing { try database.setVolumeKnown() } }
    do {
      try restoreBallast()
    } catch let error as StoreError {
      log.warning("no ballast for a full disk", [.reason: error])
    }
  }

  private func makeDirectory(_ path: String) throws {
    if let there = try disk.identity(path) {
      guard there.kind == .directory else {
        throw StoreError(.planted, "\(path) is not a directory", hint: "remove it")
      }
      return
    }
    try disk.makeDirectory(path)
  }

  /// Hard links and fsync, of files and directories, or the durable order of §9 means nothing here.
  private func checkFilesystem() throws {
    let first = StorePaths.staging + "/.probe"
    let second = StorePaths.staging + "/.probe-link"
    for path in [first, second] { try disk.unlink(path) }
    do throws(any Error) {
      let file = try disk.open(first, .create)
      try file.write([1], at: 0)
      try file.sync()
      try file.syncData()
      try disk.link(file, to: second)
      try disk.syncDirectory(StorePaths.staging)
      guard try file.identity().linkCount == 2 else {
        throw StoreError(.unsuitableFilesystem, "a hard link is not counted")
      }
    } catch let error as Errno where !error.isNoSpace && !error.isTransient {
      for path in [first, second] { try disk.unlink(path) }
      throw StoreError(
        .unsuitableFilesystem, "the filesystem has no hard links or no fsync: \(error)",
        hint:
          "use ext4, xfs, btrfs or zfs for the state directory; exFAT and some network shares cannot do it",
        underlying: error)
    }
    for path in [first, second] { try disk.unlink(path) }
  }

  private func writeMarker() throws {
    let temporary = StorePaths.staging + "/.volume"
    try disk.unlink(temporary)
    let file = try disk.open(temporary, .create)
    try file.write(Array((node.hex + "\n").utf8)[...], at: 0)
    try file.sync()
    try disk.rename(temporary, to: StorePaths.marker)
    try disk.syncDirectory(StorePaths.objects)
  }
}
