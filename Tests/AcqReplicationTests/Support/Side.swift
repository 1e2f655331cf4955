import AcqCore
import AcqReplication
import AcqWire

/// One side of a session: the real machine, and a shell that keeps its part of the bargain as late as it likes.
final class Side {
  unowned let node: WorldNode
  unowned let other: WorldNode
  weak var far: Side?
  var isCut = false
  private(set) var machine: CatchUp
  private let helloRoot: ManifestHash
  /// From the peer, and what the machine said that is not done yet.
  private var inbox: [Frame] = []
  private var undone: [CatchUp.Action] = []

  init(node: WorldNode, other: WorldNode, isDialler: Bool) {
    self.node = node
    self.other = other
    helloRoot = node.manifest.root()
    machine = CatchUp(
      peer: other.name, isDialler: isDialler, mark: node.marks[other.name], helloRoot: helloRoot,
      rules: node.world.rules)
  }

  func start() { send(.hello(helloRoot)) }

  func handle(_ event: CatchUp.Event) throws {
    let actions = machine.handle(event, manifest: &node.manifest, at: node.world.now)
    for case .fail(let error) in actions { throw Broken("no session fails: \(error)") }
    for case .setMark in actions {
      try require(!node.rows().contains(where: other.lacks), "a mark claims no more than the peer has")
    }
    undone += actions
  }

  private var dueAt: Instant? {
    guard let deadline = machine.deadline, deadline - node.world.now < World.horizon else { return nil }
    return deadline
  }

  /// What is said and not taken yet.
  var backlog: Int { undone.count + (far?.inbox.count ?? 0) }

  var isReady: Bool { !inbox.isEmpty || !undone.isEmpty || dueAt != nil }

  /// Does one of the things that can be done now.
  func act() throws {
    var choices: [() throws -> Void] = []
    if !inbox.isEmpty { choices.append { try self.receive(self.inbox.removeFirst()) } }
    if !undone.isEmpty { choices.append { try self.perform(self.undone.removeFirst()) } }
    if let dueAt {
      choices.append {
        self.node.world.now = max(self.node.world.now, dueAt)
        try self.handle(.tick)
      }
    }
    try node.world.pick(choices)?()
  }

  private func send(_ frame: Frame) {
    node.world.counts[frame.kind, default: 0] += 1
    node.world.bytes += frame.byteCount
    if !isCut { far?.inbox.append(frame) }
  }

  private func perform(_ action: CatchUp.Action) throws {
    switch action {
    case .send(.end(requestID: 1, _)): break
    case .send(let message): send(.message(message))
    case .sendStatements(let references, let id):
      for reference in references {
        let now = node.manifest.entry(author: reference.author, key: reference.key)
        send(
          .said(
            Said(
              author: reference.author, key: reference.key, sequence: now?.sequence ?? 1,
              hash: now?.hash ?? reference.hash)))
      }
      if id == 0 { try handle(.statementsSent(references.count)) }
    case .setMark(let mark):
      node.marks[other.name] = mark
    case .fail(let error): throw Broken("no session fails: \(error)")
    }
  }

  private func receive(_ frame: Frame) throws {
    switch frame {
    case .hello(let root): try handle(.peerHello(root: root))
    case .said(let said):
      try node.take(said, from: other.name)
      try handle(.statementDealt(1))
    case .message(.root(let root, let seen)): try handle(.root(root, seen: seen))
    case .message(.roots(let roots)): try handle(.roots(roots))
    case .message(.treeGet(let request)): try handle(.treeGet(request))
    case .message(.treeNode(let id, let index, let tree)):
      try handle(.treeNode(requestID: id, index: index, tree))
    case .message(.statementGet(let id, let hashes)):
      let found = node.rows().filter { hashes.contains($0.hash) }
      try handle(
        .statementGet(
          requestID: id, found: found.map { StatementRef(author: $0.author, key: $0.key, hash: $0.hash) },
          isComplete: found.count == hashes.count))
    case .message(.end(let id, let status)): try handle(.end(requestID: id, status))
    case .message(let message): throw Broken("not a message of catching up: \(message)")
    }
  }

  /// A statement of an author that the peer does not accept; it counts like any other.
  func sendStranger(_ key: RegisterKey) throws {
    guard machine.deadline != nil || machine.isInSync else { return }
    let stranger = StatementRef(author: World.stranger, key: key, hash: node.world.hash())
    try handle(.statementGet(requestID: 1, found: [stranger], isComplete: true))
  }

  /// What must hold when all is quiet.
  func checkAgreement() throws {
    try require(!other.rows().contains(where: node.lacks), "a pair in session agrees")
    guard let mark = node.marks[other.name] else { throw Broken("a pair that agrees has a mark") }
    let news = node.manifest.stored(after: mark.counter, authors: mark.authors, notFrom: other.name)
    try require(news == [], "a pair that agrees knows it")
    try require(machine.isInSync, "a pair that agrees says so")
    for row in node.rows() where row.author == node.name && node.isHolding(row.key) {
      let source = node.manifest.entry(author: row.author, key: row.key)?.source
      try require(source == nil, "an old HOLDING never becomes true again")
    }
  }
}
