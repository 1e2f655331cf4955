public import AcqCore
import AcqCrypto
public import AcqWire

/// What a node's ledger holds, one Merkle tree an author, so that two nodes find their difference (protocol §4).
///
/// Trees of authors that are not accepted any more may stay: roots, tree nodes and news only cover accepted ones.
/// Two manifests that accept the same authors are equal iff their roots are, whatever order their statements came in.
/// A value with large arrays: pass it `inout`; changing a copy copies the author's tree. About 100 B a register.
public struct Manifest: Sendable {
  /// Whose statements count: the node itself and every trusted card.
  public var accepted: Set<NodeID>
  /// The highest store counter of any statement here.
  public private(set) var storeCounter: UInt64 = 0
  let leafMax: Int
  private var trees: [NodeID: AuthorTree] = [:]

  /// A manifest without statements.
  public init(accepted: Set<NodeID>) { self.init(accepted: accepted, leafMax: Limits.manifestLeafMax) }

  /// `leafMax` other than the protocol's is for tests: deep trees from few registers.
  package init(accepted: Set<NodeID>, leafMax: Int) {
    self.accepted = accepted
    self.leafMax = leafMax
  }

  /// A manifest of a whole ledger, in any order, each register once. Faster than `set` one by one, and exact in memory.
  public init(
    accepted: Set<NodeID>,
    loading rows: some Sequence<(author: NodeID, key: RegisterKey, entry: ManifestEntry)>
  ) {
    self.init(accepted: accepted)
    var entries: [NodeID: [(key: RegisterKey, entry: ManifestEntry)]] = [:]
    for row in rows {
      entries[row.author, default: []].append((row.key, row.entry))
      storeCounter = max(storeCounter, row.entry.stored)
    }
    for (author, part) in entries {
      trees[author] = AuthorTree(author: author, leafMax: leafMax, entries: part)
    }
  }

  /// Puts `entry` in place of what the register held: the caller has decided that it wins (`Join`).
  /// Fast when store counters ascend.
  public mutating func set(author: NodeID, key: RegisterKey, entry: ManifestEntry) {
    storeCounter = max(storeCounter, entry.stored)
    trees[author, default: AuthorTree(author: author, leafMax: leafMax)].set(key, entry)
  }

  /// What a register holds.
  public func entry(author: NodeID, key: RegisterKey) -> ManifestEntry? { trees[author]?.entry(key) }

  /// How many registers an author has, accepted or not.
  public func count(of author: NodeID) -> Int { trees[author]?.count ?? 0 }

  /// Registers of all accepted authors.
  public var count: Int { accepted.reduce(0) { $0 + count(of: $1) } }

  /// All authors with statements, accepted or not.
  public var authors: some Sequence<NodeID> { trees.keys }

  /// Forgets an author's statements.
  public mutating func remove(author: NodeID) { trees[author] = nil }
}

// MARK: - Hashes

extension Manifest {
  /// Zero when the author has no statements or is not accepted.
  public mutating func authorRoot(_ author: NodeID) -> ManifestHash {
    guard accepted.contains(author) else { return .zero }
    return trees[author]?.root() ?? .zero
  }

  /// The root over `authors`, or over all accepted ones.
  public mutating func root(of authors: Set<NodeID>? = nil) -> ManifestHash {
    Self.root(of: (authors ?? accepted).map { AuthorRoot(author: $0, root: authorRoot($0)) })
  }

  /// What ROOTS carries: every accepted author ascending.
  public mutating func authorRoots() -> [AuthorRoot] {
    accepted.sorted().map { AuthorRoot(author: $0, root: authorRoot($0)) }
  }

  /// The root of a manifest with these authors, in any order. Source: protocol §4, "root".
  public static func root(of authors: [AuthorRoot]) -> ManifestHash {
    let shown = authors.filter { $0.root != .zero }.sorted { $0.author < $1.author }
    var sha = SHA256()
    sha.update(Domain.manifestRoot)
    sha.updateBigEndian(UInt16(truncatingIfNeeded: shown.count))
    for author in shown {
      sha.update(author.author)
      sha.update(author.root)
    }
    return sha.finalize(as: ManifestHash.self)
  }

  /// The tree node at `prefix`; `empty` for an author that is not accepted.
  public mutating func treeNode(author: NodeID, prefix: NibblePrefix) -> TreeNode {
    guard accepted.contains(author) else { return .empty }
    return trees[author]?.treeNode(prefix) ?? .empty
  }

  /// The answer to TREE_GET: one TREE_NODE a prefix, in order, then END. At most 600 KB. For an author that is not
  /// accepted (any more) END `denied`: an empty node where there was a full one would be a lie, and cost a strike.
  public mutating func answer(_ request: TreeRequest) -> [Message] {
    guard accepted.contains(request.author) else { return [.end(requestID: request.requestID, .denied)] }
    var answer: [Message] = []
    answer.reserveCapacity(request.prefixes.count + 1)
    for (index, prefix) in request.prefixes.enumerated() {
      let node = treeNode(author: request.author, prefix: prefix)
      answer.append(.treeNode(requestID: request.requestID, index: UInt16(truncatingIfNeeded: index), node))
    }
    return answer + [.end(requestID: request.requestID, .ok)]
  }

  /// N of an author's registers under `prefix`, as a TREE_NODE would show it.
  mutating func hash(author: NodeID, under prefix: NibblePrefix) -> ManifestHash {
    trees[author]?.hash(under: prefix) ?? .zero
  }
}

// MARK: - Parts

extension Manifest {
  /// The registers of one author under `prefix`, by key.
  package func entries(author: NodeID, under prefix: NibblePrefix) -> [(
    key: RegisterKey, entry: ManifestEntry
  )] {
    guard let tree = trees[author] else { return [] }
    return tree.slots(under: prefix).map { (tree.slots[Int($0)].key, tree.entry(at: $0)) }
  }

  /// At most `limit` registers of one author with keys above `key`, by key; from the first one if `key` is nil.
  public func statements(author: NodeID, after key: RegisterKey?, limit: Int) -> [StatementRef] {
    guard let tree = trees[author] else { return [] }
    return tree.slots(after: key, limit: limit).map { tree.reference($0) }
  }

  /// What was stored after `mark` and did not come from `peer`, in the order of storing: one statement a register,
  /// of accepted authors among `authors`. Costs what was stored since, not what there is. With a `limit`, nil when
  /// there are more.
  public func stored(
    after mark: UInt64, authors: Set<NodeID>?, notFrom peer: NodeID, limit: Int = .max - 1
  ) -> [StatementRef]? {
    var found: [(stored: UInt64, reference: StatementRef)] = []
    for author in accepted where authors?.contains(author) ?? true {
      guard let tree = trees[author] else { continue }
      let news = tree.slots(storedAfter: mark, notFrom: peer, limit: limit + 1 - found.count)
      found += news.map { (tree.slots[Int($0)].stored, tree.reference($0)) }
      if found.count > limit { return nil }
    }
    return found.sorted { $0.stored < $1.stored }.map(\.reference)
  }
}
