import AcqCore
import AcqReplication
import AcqWire

/// Two nodes in one session over a link with a latency: everything said in one half trip arrives in the next.
/// The limits are the protocol's own. Statements are not signed; each counts 300 bytes.
struct Duet {
  static let names = [makeNodeID("dialler"), makeNodeID("listener")]

  private static let halfTripsMax = 10_000

  var manifests: [Manifest]
  var machines: [CatchUp] = []
  var marks: [CatchUp.Mark?]
  /// What was said, by side, in order.
  private(set) var said: [[Frame]] = [[], []]
  private(set) var halfTrips = 0
  private(set) var now = Instant(nanoseconds: 0)
  private var inboxes: [[Frame]] = [[], []]
  private var failure: ReplicationError?

  init(_ dialler: Manifest, _ listener: Manifest, marks: [CatchUp.Mark?] = [nil, nil]) {
    manifests = [dialler, listener]
    self.marks = marks
  }

  func kinds(_ side: Int) -> [String] { said[side].map(\.kind) }
  func count(_ kind: String) -> Int { said.joined().count { $0.kind == kind } }
  func byteCount(_ kinds: Set<String>) -> Int {
    said.joined().filter { kinds.contains($0.kind) }.reduce(0) { $0 + $1.byteCount }
  }

  /// Both say HELLO.
  mutating func connect() {
    said = [[], []]
    halfTrips = 0
    machines = (0..<2).map { side in
      CatchUp(
        peer: Self.names[1 - side], isDialler: side == 0, mark: marks[side], helloRoot: manifests[side].root()
      )
    }
    for side in 0..<2 { send(.hello(manifests[side].root()), from: side) }
  }

  /// A statement of `author` that side `side` wrote or had from somebody else.
  mutating func store(_ entry: Said, at side: Int, source: NodeID? = nil) {
    manifests[side].set(
      author: entry.author, key: entry.key,
      entry: ManifestEntry(
        sequence: entry.sequence, hash: entry.hash, stored: manifests[side].storeCounter + 1, source: source))
    let reference = StatementRef(author: entry.author, key: entry.key, hash: entry.hash)
    if !machines.isEmpty { handle(.stored(reference, source: source), side) }
  }

  /// Until nobody has anything to say for `seconds`.
  mutating func settle(seconds: Int64 = 1) throws {
    while true {
      while inboxes.contains(where: { !$0.isEmpty }) {
        guard halfTrips < Self.halfTripsMax else { throw Broken("it becomes quiet") }
        deliver()
      }
      if let failure { throw failure }
      let deadlines = machines.compactMap(\.deadline)
      guard let next = deadlines.min(), next - now <= .seconds(seconds) else { return }
      now = max(now, next)
      for side in 0..<2 where machines[side].deadline.map({ $0 <= now }) ?? false { handle(.tick, side) }
    }
  }

  private mutating func deliver() {
    halfTrips += 1
    let arriving = inboxes
    inboxes = [[], []]
    for side in 0..<2 {
      for frame in arriving[side] { receive(frame, side) }
    }
  }

  private mutating func receive(_ frame: Frame, _ side: Int) {
    switch frame {
    case .hello(let root): handle(.peerHello(root: root), side)
    case .said(let entry):
      let verdict = Join.decide(
        author: entry.author, key: entry.key, sequence: entry.sequence, hash: entry.hash,
        own: makeNodeID("nobody"),
        manifest: manifests[side])
      if verdict.decision == .store { store(entry, at: side, source: Self.names[1 - side]) }
      handle(.statementDealt(1), side)
    case .message(.root(let root, let seen)): handle(.root(root, seen: seen), side)
    case .message(.roots(let roots)): handle(.roots(roots), side)
    case .message(.treeGet(let request)): handle(.treeGet(request), side)
    case .message(.treeNode(let id, let index, let tree)):
      handle(.treeNode(requestID: id, index: index, tree), side)
    case .message(.statementGet(let id, let hashes)):
      let wanted = Set(hashes)
      let found = manifests[side].accepted.flatMap { author in
        manifests[side].statements(author: author, after: nil, limit: .max).filter {
          wanted.contains($0.hash)
        }
      }
      handle(.statementGet(requestID: id, found: found, isComplete: found.count == hashes.count), side)
    case .message(.end(let id, let status)): handle(.end(requestID: id, status), side)
    case .message: preconditionFailure("not a message of catching up")
    }
  }

  private mutating func handle(_ event: CatchUp.Event, _ side: Int) {
    for action in machines[side].handle(event, manifest: &manifests[side], at: now) {
      switch action {
      case .send(let message): send(.message(message), from: side)
      case .sendStatements(let references, let id):
        for reference in references { send(.said(said(reference, at: side)), from: side) }
        if id == 0 { handle(.statementsSent(references.count), side) }
      case .setMark(let mark): marks[side] = mark
      case .fail(let error): failure = error
      }
    }
  }

  private func said(_ reference: StatementRef, at side: Int) -> Said {
    let entry = manifests[side].entry(author: reference.author, key: reference.key)
    return Said(
      author: reference.author, key: reference.key, sequence: entry?.sequence ?? 0,
      hash: entry?.hash ?? reference.hash)
  }

  private mutating func send(_ frame: Frame, from side: Int) {
    said[side].append(frame)
    inboxes[1 - side].append(frame)
  }
}
