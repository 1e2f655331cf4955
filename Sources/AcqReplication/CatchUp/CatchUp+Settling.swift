import AcqCore
import AcqWire

/// Steps 3 and 4: ROOTS both ways, then author by author: pushed whole, or walked, fetched and given.
extension CatchUp {
  /// Step 3 under way.
  struct Settling: Sendable {
    /// The common authors with the peer's roots, ascending.
    let authors: [AuthorRoot]
    var nextIndex = 0
    /// The author that is walked.
    var walk: Walk?
    /// The outstanding request, and what it was.
    var request: Request?
  }

  struct Request: Equatable, Sendable {
    enum Kind: Sendable {
      case tree
      case statements
    }
    let id: UInt32
    let kind: Kind
  }

  mutating func showRoots(manifest: inout Manifest, at now: Instant, _ actions: inout [Action]) {
    let roots = manifest.authorRoots()
    shown = roots
    isBusy = isDialler
    differentSince = nil
    told = Told(root: nil, seen: seen)
    toldAt = now
    progressAt = now
    actions.append(.send(.roots(roots)))
  }

  /// The peer's ROOTS: the answer to ours, or the dialler's first word.
  mutating func hear(
    _ roots: [AuthorRoot], manifest: inout Manifest, at now: Instant, _ actions: inout [Action]
  ) throws(ReplicationError) {
    guard zip(roots, roots.dropFirst()).allSatisfy({ $0.author < $1.author }),
      roots.count <= Limits.authorsMax
    else { throw ReplicationError(.rootsRefused, "ROOTS with authors out of order") }
    guard isDialler ? shown != nil : !outbox.hasRoots else {
      throw ReplicationError(.unexpected, "ROOTS before the last ones were answered")
    }
    let theirs = Set(roots.map(\.author))
    let common = manifest.accepted.intersection(theirs)
    self.common = common
    authorsOnlyHere = manifest.accepted.subtracting(common)
    authorsOnlyThere = theirs.subtracting(common)
    let met = roots.filter { common.contains($0.author) }
    heard = Manifest.root(of: met)
    settling = Settling(authors: met)
    progressAt = now
    if isDialler {
      meet(manifest: &manifest, &actions)
      settle(manifest: &manifest, at: now, &actions)
    } else {
      settle(manifest: &manifest, at: now, &actions)
      // Behind what is pushed whole: else the dialler would walk what is on its way to it.
      outbox.pushRoots()
    }
  }

  /// Both lists are known: the roots that ROOTS showed are what was told.
  mutating func meet(manifest: inout Manifest, _ actions: inout [Action]) {
    guard let shown, let common else { preconditionFailure("ROOTS were said and heard") }
    told.root = Manifest.root(of: shown.filter { common.contains($0.author) })
    self.shown = nil
    _ = look(manifest: &manifest, &actions)
  }

  /// Goes on with step 3 until an answer is needed or it is done.
  private mutating func settle(manifest: inout Manifest, at now: Instant, _ actions: inout [Action]) {
    // Taken out while it changes: a copy would copy what the walk found.
    guard var current = settling else { return }
    settling = nil
    while current.walk != nil || current.nextIndex < current.authors.count {
      if var walk = current.walk {
        current.walk = nil
        current.request = proceed(&walk, manifest: manifest, &actions)
        guard current.request != nil else { continue }
        current.walk = walk
        settling = current
        return
      }
      current.walk = begin(current.authors[current.nextIndex], manifest: &manifest)
      current.nextIndex += 1
    }
    isBusy = false
    // Whatever happened meanwhile: ROOT may be due.
    changedAt = changedAt ?? now
  }

  /// Pushes an author whole, or gives the walk that it needs.
  private mutating func begin(_ theirs: AuthorRoot, manifest: inout Manifest) -> Walk? {
    let pair = RootPair(own: manifest.authorRoot(theirs.author), peers: theirs.root)
    guard pair.own != pair.peers, settled[theirs.author] != pair else { return nil }
    settled[theirs.author] = pair
    if theirs.root == .zero {
      outbox.push(wholeAuthor: theirs.author)
      return nil
    }
    return isDialler ? Walk(author: theirs.author, manifest: manifest) : nil
  }

  /// The next request of a walk; nil when it is finished and everything is fetched.
  private mutating func proceed(_ walk: inout Walk, manifest: Manifest, _ actions: inout [Action]) -> Request?
  {
    outbox.push(author: walk.author, walk.takeGiving())
    if walk.isFinished || walk.lacking.count >= rules.lackingMax {
      let lacking = walk.takeLacking(limit: rules.statementRequestsMax, manifest: manifest)
      if !lacking.isEmpty {
        let request = Request(id: makeRequestID(), kind: .statements)
        actions.append(.send(.statementGet(requestID: request.id, lacking.map(\.hash))))
        return request
      }
    }
    let prefixes = walk.ask(limit: rules.treeRequestsMax)
    if prefixes.isEmpty { return nil }
    let request = Request(id: makeRequestID(), kind: .tree)
    let tree = TreeRequest(requestID: request.id, author: walk.author, prefixes: prefixes)
    actions.append(.send(.treeGet(tree)))
    return request
  }

  private mutating func makeRequestID() -> UInt32 {
    lastRequestID = lastRequestID == .max ? Self.requestIDs.lowerBound : lastRequestID + 1
    return lastRequestID
  }

  mutating func take(
    _ node: TreeNode, index: UInt16, requestID: UInt32, manifest: inout Manifest, at now: Instant
  ) throws(ReplicationError) {
    guard settling?.request == Request(id: requestID, kind: .tree) else {
      throw ReplicationError(.unexpected, "TREE_NODE that nobody asked for")
    }
    progressAt = now
    // Out of the machine and back: the walk must not be copied for each node.
    guard var walk = settling?.walk else { preconditionFailure("a tree request belongs to a walk") }
    settling?.walk = nil
    try walk.take(index: index, node, manifest: &manifest)
    settling?.walk = walk
  }

  mutating func end(
    _ requestID: UInt32, _ status: EndStatus, manifest: inout Manifest, at now: Instant,
    _ actions: inout [Action]
  ) throws(ReplicationError) {
    guard let request = settling?.request, request.id == requestID else {
      throw ReplicationError(.unexpected, "END of a request that nobody made")
    }
    progressAt = now
    switch request.kind {
    case .tree: try settling?.walk?.end(status)
    // Whatever was gone has been replaced, and what replaced it is pushed.
    case .statements: break
    }
    settling?.request = nil
    settle(manifest: &manifest, at: now, &actions)
  }
}
