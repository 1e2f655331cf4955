package import AcqStore

extension NodeChange {
  /// Whether committing it would change nothing.
  package var isEmpty: Bool {
    statements.isEmpty && ownSequence == nil && marks.isEmpty && evidence.isEmpty && objectsAdded.isEmpty
      && objectsRemoved.isEmpty && freedAdded.isEmpty && freedRemoved.isEmpty && cataloguedAdded.isEmpty
      && cataloguedRemoved.isEmpty && removals.isEmpty && sealedFiles.isEmpty && sealedFilesRemoved.isEmpty
      && refusedFiles.isEmpty && refusedFilesRemoved.isEmpty && maps.isEmpty && mapsRemoved.isEmpty
      && stagingRemoved.isEmpty && notes.isEmpty
  }

  /// Adds what came after: both in one transaction, in which removals come before additions.
  package mutating func append(_ later: NodeChange) {
    statements += later.statements
    ownSequence = [ownSequence, later.ownSequence].compactMap(\.self).max()
    evidence.merge(later.evidence) { first, _ in first }
    freedAdded = freedAdded.filter { !later.freedRemoved.contains($0) } + later.freedAdded
    freedRemoved += later.freedRemoved
    removals += later.removals
    mapsRemoved += later.mapsRemoved
    objectsAdded = objectsAdded.filter { !later.objectsRemoved.contains($0.id) } + later.objectsAdded
    objectsRemoved += later.objectsRemoved
    cataloguedAdded = cataloguedAdded.filter { !later.cataloguedRemoved.contains($0) } + later.cataloguedAdded
    cataloguedRemoved += later.cataloguedRemoved
    sealedFiles += later.sealedFiles
    sealedFilesRemoved += later.sealedFilesRemoved
    refusedFiles += later.refusedFiles
    refusedFilesRemoved += later.refusedFilesRemoved
    maps += later.maps
    stagingRemoved += later.stagingRemoved
    marks.merge(later.marks) { _, new in new }
    notes.merge(later.notes) { _, new in new }
  }
}
