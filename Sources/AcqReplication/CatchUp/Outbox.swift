import AcqCore

/// What a session is to say, in order, while the shell is still busy with what it was told before.
///
/// ROOT and ROOTS wait behind the statements that were queued before them: said earlier, they would show as missing
/// what is on its way, and a walk would fetch it again. They are taken from the manifest when their turn comes.
struct Outbox: Sendable {
  /// Something to say.
  fileprivate enum Item: Sendable {
    case references([StatementRef], next: Int)
    case keys(NodeID, [RegisterKey], next: Int)
    /// Everything of an author with keys above.
    case author(NodeID, after: RegisterKey?)
    case root
    case roots
  }

  /// What is to be said now.
  enum Turn {
    case statements([StatementRef])
    case root
    case roots
  }

  private var items: [Item] = []
  /// Registers that `references` will still say: the newest statement is taken then, so once is enough.
  private var queued: Set<RegisterKey> = []

  var hasStatements: Bool { items.contains { !$0.isWord } }
  var hasRoot: Bool { items.contains { $0.isRoot } }
  var hasRoots: Bool { items.contains { $0.isRoots } }

  mutating func push(_ references: [StatementRef]) {
    let fresh = references.filter { queued.insert($0.key).inserted }
    if fresh.isEmpty { return }
    if case .references(var last, let next)? = items.last {
      // Out of the array first: appending must not copy what waits.
      items.removeLast()
      last += fresh
      items.append(.references(last, next: next))
    } else {
      items.append(.references(fresh, next: 0))
    }
  }

  mutating func push(author: NodeID, _ keys: [RegisterKey]) {
    if !keys.isEmpty { items.append(.keys(author, keys, next: 0)) }
  }

  mutating func push(wholeAuthor author: NodeID) { items.append(.author(author, after: nil)) }

  mutating func pushRoot() { if !hasRoot { items.append(.root) } }

  mutating func pushRoots() { items.append(.roots) }

  /// The next thing to say, with at most `limit` statements; nil when there is none, or only statements and no room.
  mutating func next(limit: Int, manifest: Manifest) -> Turn? {
    while let first = items.first {
      switch first {
      case .root:
        items.removeFirst()
        return .root
      case .roots:
        items.removeFirst()
        return .roots
      case .references, .keys, .author:
        guard limit > 0 else { return nil }
        items.removeFirst()
        let (statements, rest) = take(first, limit: limit, manifest: manifest)
        if let rest { items.insert(rest, at: 0) }
        if !statements.isEmpty { return .statements(statements) }
      }
    }
    return nil
  }

  /// The first statements of an item, as the registers are now, and what is left of it.
  private mutating func take(
    _ item: Item, limit: Int, manifest: Manifest
  ) -> (statements: [StatementRef], rest: Item?) {
    switch item {
    case .references(let all, let next):
      let part = all[next...].prefix(limit)
      for reference in part { queued.remove(reference.key) }
      let now = part.map { manifest.reference(author: $0.author, key: $0.key) ?? $0 }
      return (now, part.endIndex < all.count ? .references(all, next: part.endIndex) : nil)
    case .keys(let author, let all, let next):
      let part = all[next...].prefix(limit)
      let now = part.compactMap { manifest.reference(author: author, key: $0) }
      return (now, part.endIndex < all.count ? .keys(author, all, next: part.endIndex) : nil)
    case .author(let author, let key):
      let part = manifest.statements(author: author, after: key, limit: limit)
      return (part, part.count == limit ? .author(author, after: part.last?.key) : nil)
    case .root, .roots: return ([], nil)
    }
  }
}

extension Outbox.Item {
  fileprivate var isRoot: Bool { if case .root = self { true } else { false } }
  fileprivate var isRoots: Bool { if case .roots = self { true } else { false } }
  fileprivate var isWord: Bool { isRoot || isRoots }
}

extension Manifest {
  func reference(author: NodeID, key: RegisterKey) -> StatementRef? {
    entry(author: author, key: key).map { StatementRef(author: author, key: key, hash: $0.hash) }
  }
}
