public import AcqCore
import AcqSystem
import Synchronization

extension DirectoryStore {
  /// Gives a held recording a name for people, `recordings/<folder>/<name>`, and returns it; a name that it
  /// had elsewhere in the tree goes. Failures are no more than a notice: the tree is derived and can be made
  /// anew.
  @discardableResult
  public func place(_ id: ContentID, name: String, folder: String) throws -> String {
    try requireVolume()
    return try storing(id) {
      try names.withLock { _ in
        guard let record = try database.object(id) else {
          throw StoreError(.notHeld, "not held", recording: id)
        }
        let file = try disk.open(path(of: record), .read)
        guard record.stamp.matches(try file.identity()) else {
          throw StoreError(.changed, "the file was changed after it was verified", recording: id)
        }
        let folder = "\(StorePaths.recordings)/\(RecordingName.clean(folder))"
        let name = RecordingName.clean(name)
        let old = try database.placedNames(of: id)
        try disk.makeDirectory(folder)
        for candidate in [
          name, RecordingName.marked(name, with: id.short), RecordingName.marked(name, with: id.hex),
        ] {
          let path = "\(folder)/\(candidate)"
          guard try link(file, id, to: path) else { continue }
          try remove(old.filter { $0 != path }, inode: record.stamp.inode)
          return path
        }
        throw StoreError(.tree, "every name for \(name) is taken in \(folder)", recording: id)
      }
    }
  }

  /// False when another file has the name. The row comes first: a name without a row would outlive the
  /// recording.
  private func link(_ file: any DiskFile, _ id: ContentID, to path: String) throws -> Bool {
    let there = try disk.identity(path)
    if let there {
      guard try there.kind == .file && there.isSameFile(as: file.identity()) else { return false }
    }
    try committing { try database.place(path, id) }
    guard there == nil else { return true }
    do {
      try disk.link(file, to: path)
    } catch let error as Errno {
      try committing { try database.unplace([path]) }
      if error.isAlreadyThere { return false }
      throw StoreError(.tree, error.description, recording: id, underlying: error)
    }
    return true
  }

  /// Takes a recording's names out of the tree; the recording stays.
  public func removeFromTree(_ id: ContentID) throws {
    try storing(id) {
      try names.withLock { _ in
        let held = try database.object(id)?.stamp.inode
        guard let inode = try held ?? disk.identity(StorePaths.object(id))?.inode else { return }
        try remove(try database.placedNames(of: id), inode: inode)
      }
    }
  }

  private func remove(_ paths: [String], inode: UInt64) throws {
    guard !paths.isEmpty else { return }
    for path in paths {
      if let there = try disk.identity(path), there.kind == .file, there.inode == inode {
        try disk.unlink(path)
      }
    }
    try committing { try database.unplace(paths) }
  }

  /// After a lost database: learns again which names below recordings/ are ours, namely those of the inodes
  /// in objects/. Others are somebody's files and left alone.
  func relearnTree() throws {
    var ids: [UInt64: ContentID] = [:]
    try forEachObject { path, id in
      if let id, let there = try disk.identity(path) { ids[there.inode] = id }
    }
    for folder in try disk.list(StorePaths.recordings) {
      let folder = "\(StorePaths.recordings)/\(folder)"
      guard try disk.identity(folder)?.kind == .directory else { continue }
      for name in try disk.list(folder) {
        let path = "\(folder)/\(name)"
        guard let there = try disk.identity(path), there.kind == .file, let id = ids[there.inode] else {
          continue
        }
        try committing { try database.place(path, id) }
      }
    }
  }

  /// Gives an object whose name in objects/ was removed by hand that name back, from its name in the tree, if
  /// that is still the verified file.
  func relink(_ record: ObjectRecord) throws -> Bool {
    for path in try database.placedNames(of: record.id) {
      guard let there = try disk.identity(path), record.stamp.matches(there) else { continue }
      let file = try disk.open(path, .read)
      guard record.stamp.matches(try file.identity()) else { continue }
      try disk.link(file, to: StorePaths.object(record.id))
      try disk.syncDirectory(StorePaths.shard(record.id))
      log.warning("an object's name was removed by hand; linked again", [.recording: record.id.short])
      return true
    }
    return false
  }
}
