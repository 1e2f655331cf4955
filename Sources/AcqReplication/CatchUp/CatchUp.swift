public import AcqCore
public import AcqWire

/// One session's side of catching up (protocol §4, steps 1 to 5): makes two ledgers equal, at a cost that follows their
/// difference, and notices when they are.
///
/// Sees no socket and no database. The shell owes it:
/// - events in the order in which things happened: a peer's message is handed in after `statementDealt` of every
///   STATEMENT frame before it, and `stored` after the manifest has the statement;
/// - actions carried out in order, as one queue: what stands behind `sendStatements` is sent after it;
/// - exactly one STATEMENT frame for each reference of `sendStatements`: the named statement, or, if another has
///   replaced it since, the one that its register holds now. Both sides count frames, so none may be left out;
/// - `statementsSent` for pushed statements (request id 0), when they are queued to the socket;
/// - a new session whenever `manifest.accepted` changes.
public struct CatchUp: Sendable {
  /// What happened.
  public enum Event: Equatable, Sendable {
    /// The peer's HELLO.
    case peerHello(root: ManifestHash)
    /// ROOT.
    case root(ManifestHash, seen: UInt64)
    /// ROOTS.
    case roots([AuthorRoot])
    /// TREE_GET.
    case treeGet(TreeRequest)
    /// TREE_NODE.
    case treeNode(requestID: UInt32, index: UInt16, TreeNode)
    /// STATEMENT_GET, looked up: what of it the ledger has, of accepted authors, and whether that is all of it.
    case statementGet(requestID: UInt32, found: [StatementRef], isComplete: Bool)
    /// END of one of this side's requests (`CatchUp.owns(requestID:)`).
    case end(requestID: UInt32, EndStatus)
    /// So many of the peer's STATEMENT frames were dealt with: stored, known or skipped alike.
    case statementDealt(Int)
    /// So many of `sendStatements` with request id 0 are on their way.
    case statementsSent(Int)
    /// The ledger has a new statement; `source` is the peer that it came from, nil if this node wrote it.
    case stored(StatementRef, source: NodeID?)
    /// `deadline` has passed.
    case tick
  }

  /// What to do.
  public enum Action: Equatable, Sendable {
    /// Send this message.
    case send(Message)
    /// Load these statements and send each in a STATEMENT frame with this request id.
    case sendStatements([StatementRef], requestID: UInt32)
    /// Remember this for the next session with the peer; may be written late, an older mark is always safe.
    case setMark(Mark)
    /// End the session. Nothing follows.
    case fail(ReplicationError)
  }

  /// What of this node's ledger the peer has for certain.
  public struct Mark: Hashable, Sendable {
    /// This node's store counter when both roots were equal.
    public let counter: UInt64
    /// The authors that the roots covered; nil: all that both accepted then, and they accepted the same.
    public let authors: Set<NodeID>?

    /// A mark; see the properties.
    public init(counter: UInt64, authors: Set<NodeID>?) {
      self.counter = counter
      self.authors = authors
    }
  }

  /// Request ids of catching up: the upper half, so that transfers can number theirs without asking.
  public static let requestIDs: ClosedRange<UInt32> = 0x8000_0000...UInt32.max

  /// Whether TREE_NODE, STATEMENT and END with this id belong to catching up.
  public static func owns(requestID: UInt32) -> Bool { requestIDs.contains(requestID) }

  /// What was said of the own ledger last: HELLO, ROOT or ROOTS. No root between ROOTS and the peer's.
  struct Told: Equatable, Sendable {
    var root: ManifestHash?
    var seen: UInt64
  }

  /// The peer.
  public let peer: NodeID
  /// Whether this side dialled: it shows ROOTS first, and walks.
  public let isDialler: Bool
  let rules: CatchUpRules

  var mark: Mark?
  var told: Told
  var toldAt: Instant?
  /// The peer's last root; nil before its HELLO.
  var heard: ManifestHash?
  /// STATEMENT frames that the shell was told to send, and that the peer's were dealt with.
  var sent: UInt64 = 0
  var seen: UInt64 = 0
  /// The authors in both lists; nil before ROOTS.
  var common: Set<NodeID>?
  /// Author → the pair of roots (own, peer's) for which step 3 was done.
  var settled: [NodeID: RootPair] = [:]
  var settling: Settling?
  /// Dialler: ROOTS were said, and step 3 is not finished.
  var isBusy = false
  /// What ROOTS showed; nil unless the peer's ROOTS are awaited.
  var shown: [AuthorRoot]?
  /// The first of the peer's roots in a row that differed.
  var differentSince: Instant?
  /// The last change after which ROOT may be due; nil when it is known not to be.
  var changedAt: Instant?
  /// The last sign that step 3 goes on.
  var progressAt = Instant(nanoseconds: 0)
  var outbox = Outbox()
  /// Pushed statements that the shell has not sent yet.
  var unsentCount = 0
  var lastRequestID = CatchUp.requestIDs.lowerBound
  var hasFailed = false

  struct RootPair: Equatable, Sendable {
    let own: ManifestHash
    let peers: ManifestHash
  }

  /// Whether both sides' common authors were equal when they were last compared, and nothing was stored since.
  public internal(set) var isInSync = false
  /// Authors that only this node accepts, or only the peer; empty before ROOTS.
  public internal(set) var authorsOnlyHere: Set<NodeID> = []
  /// Authors that only the peer accepts; empty before ROOTS.
  public internal(set) var authorsOnlyThere: Set<NodeID> = []

  /// A side whose HELLO with `helloRoot` is sent now. `mark`: what `setMark` said last, in whichever session.
  public init(peer: NodeID, isDialler: Bool, mark: Mark?, helloRoot: ManifestHash) {
    self.init(peer: peer, isDialler: isDialler, mark: mark, helloRoot: helloRoot, rules: CatchUpRules())
  }

  package init(peer: NodeID, isDialler: Bool, mark: Mark?, helloRoot: ManifestHash, rules: CatchUpRules) {
    self.peer = peer
    self.isDialler = isDialler
    self.mark = mark
    self.rules = rules
    told = Told(root: helloRoot, seen: 0)
  }

  /// Takes an event. `manifest` is the node's, as it is after the event.
  public mutating func handle(_ event: Event, manifest: inout Manifest, at now: Instant) -> [Action] {
    if hasFailed { return [] }
    var actions: [Action] = []
    do {
      try decide(event, manifest: &manifest, at: now, &actions)
    } catch {
      hasFailed = true
      isInSync = false
      return actions + [.fail(error)]
    }
    say(manifest: &manifest, at: now, &actions)
    return actions
  }

  /// When to hand in `tick`; nil: nothing is waited for.
  public var deadline: Instant? {
    if hasFailed || heard == nil { return nil }
    if isBusy { return progressAt + rules.silenceMax }
    if outbox.hasRoot { return nil }
    let repeated = rules.repeatAfter.flatMap { pause in toldAt.map { $0 + pause } }
    return [repeated, changedAt.map { $0 + rules.quiet }].compactMap { $0 }.min()
  }

  private mutating func decide(
    _ event: Event, manifest: inout Manifest, at now: Instant, _ actions: inout [Action]
  ) throws(ReplicationError) {
    if heard == nil { return try greet(event, manifest: &manifest, at: now, &actions) }
    switch event {
    case .peerHello: throw ReplicationError(.unexpected, "a second HELLO")
    case .root(let root, let seen): hear(root, seen: seen, manifest: &manifest, at: now, &actions)
    case .roots(let roots): try hear(roots, manifest: &manifest, at: now, &actions)
    case .treeGet(let request): actions += manifest.answer(request).map(Action.send)
    case .treeNode(let id, let index, let node):
      try take(node, index: index, requestID: id, manifest: &manifest, at: now)
    case .statementGet(let id, let found, let isComplete):
      sent += UInt64(found.count)
      if !found.isEmpty { actions.append(.sendStatements(found, requestID: id)) }
      actions.append(.send(.end(requestID: id, isComplete ? .ok : .notHeld)))
    case .end(let id, let status): try end(id, status, manifest: &manifest, at: now, &actions)
    case .statementDealt(let count):
      seen += UInt64(count)
      changedAt = now
      progressAt = now
    case .statementsSent(let count): unsentCount = max(0, unsentCount - count)
    case .stored(let reference, let source):
      // An author that only one side accepts is no part of the session: not pushed, not in its roots.
      guard manifest.accepted.contains(reference.author), common?.contains(reference.author) ?? true else {
        return
      }
      changedAt = now
      isInSync = false
      if source != peer { outbox.push([reference]) }
    case .tick: try tick(manifest: &manifest, at: now)
    }
  }

  /// Before the peer's HELLO nothing else counts; statements stored until then are found by comparing roots.
  private mutating func greet(
    _ event: Event, manifest: inout Manifest, at now: Instant, _ actions: inout [Action]
  ) throws(ReplicationError) {
    switch event {
    case .peerHello(let root): hello(root, manifest: &manifest, at: now, &actions)
    case .stored, .tick, .statementsSent: break
    case .root, .roots, .treeGet, .treeNode, .statementGet, .end, .statementDealt:
      throw ReplicationError(.unexpected, "a message before HELLO")
    }
  }
}
