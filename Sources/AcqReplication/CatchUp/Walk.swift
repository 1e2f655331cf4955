import AcqCore
import AcqWire

/// Finds where one author's tree differs from the peer's, by asking for the peer's nodes from the top (protocol §4,
/// "Walk"). The peer's nodes are only ever compared: a wrong hash wastes bytes, never stores or gives anything wrong.
struct Walk: Sendable {
  let author: NodeID
  /// What the peer has and this node lacks, as far as found and not yet taken.
  private(set) var lacking: [TreeNode.Entry] = []
  /// What the peer lacks, as far as found and not yet taken.
  private(set) var giving: [RegisterKey] = []
  /// Places still to be asked for. The last ones are asked first: so few wait even in a tree without end.
  private var pending = [Step(prefix: .empty, declared: 0)]
  /// What the outstanding TREE_GET asked for, and how much of it is answered.
  private var asked: [Step] = []
  private var answeredCount = 0
  /// Nodes that may still be asked for; below zero the walk is over.
  private var budget: Int
  private var isFirst = true
  private let leafMax: Int

  /// A place to ask for, with the count that its parent declared: trees only grow.
  private struct Step: Sendable {
    let prefix: NibblePrefix
    let declared: UInt64
  }

  /// Nodes that a walk may take beyond what both sides' counts explain (protocol §4).
  static let budgetExtra = 1_000

  init(author: NodeID, manifest: Manifest) {
    self.author = author
    leafMax = manifest.leafMax
    budget = manifest.count(of: author) + Self.budgetExtra
  }

  /// Nothing is left to be asked for.
  var isFinished: Bool { pending.isEmpty }

  /// The next TREE_GET's prefixes, at most `limit`.
  mutating func ask(limit: Int) -> [NibblePrefix] {
    asked = pending.suffix(limit)
    pending.removeLast(asked.count)
    answeredCount = 0
    return asked.map(\.prefix)
  }

  /// END of the outstanding TREE_GET. Any status but `ok` ends the walk; what it found is exchanged.
  mutating func end(_ status: EndStatus) throws(ReplicationError) {
    guard status == .ok else { return pending.removeAll() }
    guard answeredCount == asked.count else {
      throw ReplicationError(.treeRefused, "END after \(answeredCount) of \(asked.count) tree nodes")
    }
  }

  /// Up to `limit` of what the peer has and this node still lacks.
  mutating func takeLacking(limit: Int, manifest: Manifest) -> [TreeNode.Entry] {
    var taken: [TreeNode.Entry] = []
    while taken.count < limit, let entry = lacking.popLast() {
      if entry.wins(over: manifest.entry(author: author, key: entry.key)) { taken.append(entry) }
    }
    return taken
  }

  mutating func takeGiving() -> [RegisterKey] {
    defer { giving = [] }
    return giving
  }

  /// Takes the answer to one prefix.
  mutating func take(index: UInt16, _ node: TreeNode, manifest: inout Manifest) throws(ReplicationError) {
    guard index == answeredCount, answeredCount < asked.count else {
      throw ReplicationError(.treeRefused, "tree node \(index) where \(answeredCount) was due")
    }
    let step = asked[answeredCount]
    answeredCount += 1
    let count = try Self.check(node, at: step, leafMax: leafMax)
    if isFirst {
      // No author has more than the limit, so a count above it buys no more work.
      budget += Int(min(count, UInt64(Limits.statementsPerAuthorMax)))
      isFirst = false
    }
    if budget >= 0 { compare(node, at: step.prefix, manifest: &manifest) }
  }

  private mutating func compare(_ node: TreeNode, at prefix: NibblePrefix, manifest: inout Manifest) {
    switch node {
    case .empty: compare(manifest.entries(author: author, under: prefix), with: [])
    case .leaf(let entries): compare(manifest.entries(author: author, under: prefix), with: entries)
    case .inner(let own, let children):
      if own != prefix {
        let mine = manifest.entries(author: author, under: prefix)
        compare(mine.filter { !own.covers($0.key) }, with: [])
      }
      for (index, child) in children.enumerated() {
        guard let below = own.appending(index) else { continue }
        descend(to: below, child, manifest: &manifest)
      }
    }
  }

  private mutating func descend(to prefix: NibblePrefix, _ child: TreeNode.Child?, manifest: inout Manifest) {
    let mine = manifest.hash(author: author, under: prefix)
    guard let child else {
      if mine != .zero { compare(manifest.entries(author: author, under: prefix), with: []) }
      return
    }
    guard ShortHash(mine) != child.hash else { return }
    budget -= 1
    guard budget >= 0 else { return pending.removeAll() }
    pending.append(Step(prefix: prefix, declared: UInt64(child.count)))
  }

  /// All registers of one place, on both sides by key.
  private mutating func compare(
    _ mine: [(key: RegisterKey, entry: ManifestEntry)], with theirs: [TreeNode.Entry]
  ) {
    var rest = mine[...]
    for entry in theirs {
      while let first = rest.first, first.key < entry.key { giving.append(rest.removeFirst().key) }
      let own = rest.first?.key == entry.key ? rest.removeFirst().entry : nil
      if entry.wins(over: own) {
        lacking.append(entry)
      } else if let own, own.wins(over: entry) {
        giving.append(entry.key)
      }
    }
    giving += rest.map(\.key)
  }
}

// MARK: - Refusals

extension Walk {
  /// How many registers the node says it has. Throws what protocol §4 refuses.
  private static func check(_ node: TreeNode, at step: Step, leafMax: Int) throws(ReplicationError) -> UInt64
  {
    let count: UInt64
    switch node {
    case .empty: count = 0
    case .leaf(let entries): count = try check(leaf: entries, at: step.prefix, leafMax: leafMax)
    case .inner(let own, let children):
      count = try check(inner: own, children, at: step.prefix, leafMax: leafMax)
    }
    guard count >= step.declared else {
      throw ReplicationError(.treeRefused, "tree node of \(count) statements, \(step.declared) declared")
    }
    return count
  }

  private static func check(
    leaf entries: [TreeNode.Entry], at prefix: NibblePrefix, leafMax: Int
  ) throws(ReplicationError) -> UInt64 {
    guard (1...leafMax).contains(entries.count) else {
      throw ReplicationError(.treeRefused, "leaf of \(entries.count) statements")
    }
    guard zip(entries, entries.dropFirst()).allSatisfy({ $0.key < $1.key }) else {
      throw ReplicationError(.treeRefused, "leaf with keys out of order")
    }
    guard entries.allSatisfy({ prefix.covers($0.key) }) else {
      throw ReplicationError(.treeRefused, "leaf with a key outside its prefix")
    }
    return UInt64(entries.count)
  }

  private static func check(
    inner own: NibblePrefix, _ children: [TreeNode.Child?], at prefix: NibblePrefix, leafMax: Int
  ) throws(ReplicationError) -> UInt64 {
    guard prefix.nibbleCount <= own.nibbleCount, prefix.covers(own.firstKey) else {
      throw ReplicationError(.treeRefused, "inner node outside its prefix")
    }
    // Its children must have prefixes themselves.
    guard own.nibbleCount < NibblePrefix.nibbleCountMax else {
      throw ReplicationError(.treeRefused, "inner node at depth \(own.nibbleCount)")
    }
    let counts = children.compactMap { $0?.count }
    guard children.count == 16, counts.count >= 2, counts.allSatisfy({ $0 > 0 }) else {
      throw ReplicationError(.treeRefused, "inner node with \(counts.count) children")
    }
    let sum = counts.reduce(UInt64(0)) { $0 + UInt64($1) }
    guard sum > leafMax else { throw ReplicationError(.treeRefused, "inner node of \(sum) statements") }
    return sum
  }
}

extension TreeNode.Entry {
  func wins(over mine: ManifestEntry?) -> Bool {
    mine.map { Join.wins(sequence, hash, over: $0.sequence, $0.hash) } ?? true
  }
}

extension ManifestEntry {
  func wins(over theirs: TreeNode.Entry) -> Bool {
    Join.wins(sequence, hash, over: theirs.sequence, theirs.hash)
  }
}
