package import AcqCore

/// What node.db says is held, freed and catalogued, by shard: a mirror that changes only after its commit. Pure.
package struct Holdings {
  /// One shard: content ids that begin with the same byte.
  struct Shard {
    package var held: Set<ContentID> = []
    var freed: Set<ContentID> = []
    var catalogued: Set<ContentID> = []
  }

  private var shards = [Shard](repeating: Shard(), count: 256)

  /// What node.db says.
  package init(
    held: some Sequence<ContentID>, freed: some Sequence<ContentID>, catalogued: some Sequence<ContentID>
  ) {
    for id in held { shards[Int(id[0])].held.insert(id) }
    for id in freed { shards[Int(id[0])].freed.insert(id) }
    for id in catalogued where shards[Int(id[0])].held.contains(id) {
      shards[Int(id[0])].catalogued.insert(id)
    }
  }

  /// All held recordings.
  package var held: Set<ContentID> { shards.reduce(into: []) { $0.formUnion($1.held) } }

  /// Whether a recording is held.
  package func isHeld(_ id: ContentID) -> Bool { shards[Int(id[0])].held.contains(id) }

  /// Whether a held recording is in the catalog.
  func isCatalogued(_ id: ContentID) -> Bool { shards[Int(id[0])].catalogued.contains(id) }

  /// Held and not catalogued.
  package var uncatalogued: Set<ContentID> {
    shards.reduce(into: []) { $0.formUnion($1.held.subtracting($1.catalogued)) }
  }

  /// It is held, and not freed any more.
  package mutating func hold(_ id: ContentID) {
    shards[Int(id[0])].held.insert(id)
    shards[Int(id[0])].freed.remove(id)
  }

  /// It is not held any more.
  package mutating func withdraw(_ id: ContentID) {
    shards[Int(id[0])].held.remove(id)
    shards[Int(id[0])].catalogued.remove(id)
  }

  /// It is in the catalog, if it is held.
  package mutating func catalogue(_ id: ContentID) {
    if isHeld(id) { shards[Int(id[0])].catalogued.insert(id) }
  }

  mutating func uncatalogue(_ id: ContentID) { shards[Int(id[0])].catalogued.remove(id) }

  /// All catalogued recordings.
  var catalogued: Set<ContentID> { shards.reduce(into: []) { $0.formUnion($1.catalogued) } }

  /// The receipt of one shard.
  package func body(_ shard: UInt8, asOfMs: UInt64, keepsCatalog: Bool) -> HoldingBody {
    let shard = shards[Int(shard)]
    return HoldingBody(
      held: Array(shard.held), freed: Array(shard.freed), asOfMs: asOfMs,
      catalogued: keepsCatalog ? shard.catalogued : nil)
  }

  /// Shards with something in them.
  package var occupied: Set<UInt8> {
    Set(shards.indices.filter { !shards[$0].held.isEmpty || !shards[$0].freed.isEmpty }.map { UInt8($0) })
  }
}
