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
      if report.isVolumePresent { try finishRemovals() }
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
    for name in try disk.list(StorePaths.objects) where name != Files.name(of: StorePaths.marker) {
      let shard = StorePaths.objects + "/" + name
      guard StorePaths.shards.contains(shard), try disk.identity(shard)?.kind == .directory else {
        report.strangers.append(shard)
        continue
      }
      for name in try disk.list(shard) {
        guard let id = StorePaths.id(ofObject: name, inShard: shard) else {
          report.strangers.append(shard + "/" + name)
          continue
        }
        if try disk.identity(shard + "/" + name)?.kind != .file {
          report.strangers.append(shard + "/" + name)
        } else if !held.contains(id) {
          report.unlisted.append(id)
        }
      }
    }
  }
}
