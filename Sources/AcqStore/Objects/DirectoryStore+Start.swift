public import AcqCore
import AcqSystem

/// What the store found before anything is served.
public struct StartReport: Sendable {
  /// Whether the volume is there. When not, `withdrawn` is everything that lies on it.
  public var isVolumePresent = true
  /// Held recordings whose file is gone, changed or unreadable, with the reason: withdraw them at once.
  public var withdrawn: [(id: ContentID, reason: String)] = []
  /// Files in objects/ that are not held: from a crash before the commit, or all of them after node.db was
  /// lost. `verifyObject` each, then commit it as held, or `takeBack`.
  public var unlisted: [ContentID] = []
  /// Names in objects/ that the store did not make. Left alone.
  public var strangers: [String] = []

  /// Nothing found.
  public init() {}

  /// What to commit, together with the new HOLDING, before anything is served.
  public var change: NodeChange {
    var change = NodeChange()
    change.objectsRemoved = withdrawn.map(\.id)
    change.cataloguedRemoved = withdrawn.map(\.id)
    return change
  }
}

extension DirectoryStore {
  /// Finishes removals that a crash interrupted, and compares what is held with what is there. Quick: nothing
  /// is hashed.
  public func start() throws -> StartReport {
    try storing {
      var report = StartReport()
      report.isVolumePresent = isVolumePresent
      if report.isVolumePresent {
        if database.origin != .existing { try relearnTree() }
        try finishRemovals()
        for record in try database.objects() where record.path == nil {
          if try disk.identity(StorePaths.object(record.id)) == nil { _ = try relink(record) }
        }
      }
      report.withdrawn = try checkObjects()
      if report.isVolumePresent { try list(into: &report) }
      return report
    }
  }

  /// Held recordings whose file is gone, changed or unreadable, with the reason. Also when a volume goes away
  /// while the daemon runs.
  public func checkObjects() throws -> [(id: ContentID, reason: String)] {
    let isPresent = isVolumePresent
    return try database.objects().compactMap { record in
      if record.path == nil, !isPresent { return (record.id, "the volume is not there") }
      return try problem(of: record).map { (record.id, $0) }
    }
  }

  private func problem(of record: ObjectRecord) throws -> String? {
    do {
      guard let there = try disk.identity(path(of: record)) else { return "the file is gone" }
      return record.stamp.matches(there) ? nil : "the file was changed after it was verified"
    } catch let error as Errno {
      return error.description
    }
  }

  private func list(into report: inout StartReport) throws {
    let held = Set(try database.objects().map(\.id))
    try forEachObject { path, id in
      guard let id else { return report.strangers.append(path) }
      if !held.contains(id) { report.unlisted.append(id) }
    }
  }

  /// Calls `body` for everything in objects/: its path, and its content id if it is a file of ours by name.
  func forEachObject(_ body: (String, ContentID?) throws -> Void) throws {
    let shards = Set(StorePaths.shards)
    for name in try disk.list(StorePaths.objects) where name != Files.name(of: StorePaths.marker) {
      let shard = StorePaths.objects + "/" + name
      guard shards.contains(shard), try disk.identity(shard)?.kind == .directory else {
        try body(shard, nil)
        continue
      }
      for name in try disk.list(shard) {
        let path = shard + "/" + name
        let isFile = try disk.identity(path)?.kind == .file
        try body(path, isFile ? StorePaths.id(ofObject: name, inShard: shard) : nil)
      }
    }
  }
}
