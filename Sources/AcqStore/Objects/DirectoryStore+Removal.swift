public import AcqCore
import AcqSystem
import Synchronization

extension DirectoryStore {
  /// The names to remove when `id` is freed (protocol §10): put them into `NodeChange.removals` of the change
  /// that withdraws the receipt; after its commit call `finishRemovals`.
  public func removals(of id: ContentID) throws -> [Removal] {
    try storing(id) {
      guard let record = try database.object(id), let there = try disk.identity(path(of: record)) else {
        return []
      }
      let own = try database.placedNames(of: id) + [StorePaths.object(id)]
      let recorders = try database.sealedFiles(of: id).map(\.path) + [record.path].compactMap { $0 }
      let names = own + Set(recorders).sorted()
      return names.map { Removal(id: id, path: $0, device: there.device, inode: there.inode) }
    }
  }

  /// Removes the names of freed recordings. Each is removed only if it still names the freed file: a recorder
  /// uses its names again. May be repeated; what fails is kept and tried again, and the log says why.
  public func finishRemovals() throws {
    try storing {
      for (number, removal) in try database.removals() {
        do {
          try names.withLock { _ in try remove(removal, number) }
          try committing { try database.finishRemoval(number, path: removal.path) }
        } catch let error as Errno {
          log.warning("a freed file's name stays", [.path: removal.path, .reason: error])
        }
      }
    }
  }

  private func remove(_ removal: Removal, _ number: Int64) throws {
    if removal.path.hasPrefix("/") { return try removeForeign(removal, number) }
    guard let there = try disk.identity(removal.path), removal.names(there) else { return }
    try disk.unlink(removal.path)
    try disk.syncDirectory(Files.directory(of: removal.path))
  }

  /// The recorder's own name: moved out of its reach first, looked at again, and only then removed, or given
  /// back.
  private func removeForeign(_ removal: Removal, _ number: Int64) throws {
    let within = "\(StorePaths.staging)/.free-\(number)"
    let beside = "\(Files.directory(of: removal.path))/.acqd-free-\(removal.id.short)-\(number)"
    for aside in [within, beside] where try disk.identity(aside) != nil {
      try settle(aside, removal)  // A crash came between.
    }
    guard let there = try disk.identity(removal.path), removal.names(there) else { return }
    do {
      try disk.renameWithoutReplacing(removal.path, to: within)
      try settle(within, removal)
    } catch let error as Errno where error.isOnAnotherFilesystem {
      try disk.renameWithoutReplacing(removal.path, to: beside)
      try settle(beside, removal)
    }
    try disk.syncDirectory(Files.directory(of: removal.path))
  }

  private func settle(_ aside: String, _ removal: Removal) throws {
    guard let there = try disk.identity(aside) else { return }
    if removal.names(there) {
      try disk.unlink(aside)
      // Its removal row goes next: nobody would look for a name that a power cut brought back.
      try disk.syncDirectory(Files.directory(of: aside))
    } else {
      try disk.renameWithoutReplacing(aside, to: removal.path)
    }
  }
}

extension Removal {
  /// Whether a name still leads to the freed file.
  fileprivate func names(_ identity: FileIdentity) -> Bool {
    identity.kind == .file && identity.device == device && identity.inode == inode
  }
}
