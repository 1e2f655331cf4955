public import AcqCore

/// A recording that a node wants, does not hold and did not free.
public struct Gap: Hashable, Sendable {
  /// What is missing.
  public var id: ContentID
  /// Its size by the origin's word.
  public var sizeBytes: UInt64
  /// The origin's number: higher is newer.
  public var sequence: UInt64
  /// Whether nobody holds it, not even its origin: lost, an alarm and no gap to wait for.
  public var isLost: Bool
  /// Whether the node holds it and only its catalog misses it.
  public var isOnlyUncatalogued: Bool
}

extension TeamView {
  /// Whether a node of `role` wants recordings at all (architecture, "Roles").
  public static func wantsRecordings(_ role: Role) -> Bool { role != .car }

  /// What `node` wants and lacks, newest first by the origins' numbers, equal numbers smallest first. A recording that
  /// a cloud holds without having it in its catalog is a gap too (HOLDING's `catalogued`).
  public func gaps(of node: NodeID) -> [Gap] {
    guard let member = members[node], Self.wantsRecordings(member.role) else { return [] }
    let mine = receipts[node] ?? Receipts()
    var gaps: [Gap] = []
    for (id, stated) in recordings where !mine.freed.contains(id) {
      let isHeld = mine.held.contains(id)
      let isOnlyUncatalogued = isHeld && mine.keepsCatalog && !mine.catalogued.contains(id)
      guard !isHeld || isOnlyUncatalogued, let newest = stated.max(by: { $0.sequence < $1.sequence }) else {
        continue
      }
      gaps.append(
        Gap(
          id: id, sizeBytes: newest.body.sizeBytes, sequence: newest.sequence, isLost: isLost(id),
          isOnlyUncatalogued: isOnlyUncatalogued))
    }
    return gaps.sorted(by: Self.isMoreUrgent)
  }

  private static func isMoreUrgent(_ a: Gap, _ b: Gap) -> Bool {
    if a.sequence != b.sequence { return a.sequence > b.sequence }
    if a.sizeBytes != b.sizeBytes { return a.sizeBytes < b.sizeBytes }
    return a.id < b.id
  }

  /// Held by nobody, its origin included, and freed by nobody: an alarm.
  public func isLost(_ id: ContentID) -> Bool {
    !members.keys.contains { holds($0, id) || freed($0, id) }
  }
}
