public import AcqCore
public import AcqWire

/// The whole of a node's replication as one value: sessions, manifest, team view and transfers. Feed it what happened,
/// carry out what it returns, in order. It holds no sockets, files, tasks or clocks.
public struct Replica: Sendable {
  /// What happened.
  public enum Event: Sendable {
    /// A handshake with an accepted peer is done.
    case opened(SessionID, peer: NodeID, isDialler: Bool)
    /// Bytes came from the socket.
    case bytesRead(SessionID)
    /// A message other than STATEMENT and DATA came.
    case received(SessionID, Message)
    /// This many STATEMENT frames of the session were dealt with: stored, known or skipped alike.
    case statementsDealt(SessionID, count: Int)
    /// So many pushed statements are on their way.
    case statementsSent(SessionID, count: Int)
    /// Answers `findStatements`: what of it there is, and whether that is all of it.
    case found(SessionID, requestID: UInt32, [StatementRef], isComplete: Bool)
    /// Statements were stored, durably.
    case stored([StoredStatement])
    /// The payload of a routed DATA frame was dealt with.
    case written(SessionID, requestID: UInt32, count: Int, WriteOutcome)
    /// A served request is over (END was sent).
    case served(SessionID, requestID: UInt32)
    /// Answers `prepare` and `stage`.
    case prepared(Claim, hasMap: Bool, verified: BlockSet, partial: [Int: Int])
    /// The shell could not prepare or stage.
    case preparationFailed(Claim)
    /// Answers `finish`.
    case finished(Claim, FinishOutcome)
    /// Files that are perhaps these recordings are being verified: not pulled, until `withdrawn` says that they are not.
    case present([ContentID])
    /// A recording left our holdings.
    case withdrawn(ContentID)
    /// What came over the connection is no message of this protocol, or a bulk message that breaks it.
    case violated(SessionID, String)
    /// The connection is gone.
    case closed(SessionID)
    /// Cards were trusted or untrusted.
    case membersChanged([Member])
    /// The disk is too full to pull, or not any more.
    case paused(Bool)
    /// A deadline passed.
    case tick
  }

  /// What the shell must do.
  public enum Action: Equatable, Sendable {
    /// Queue a message.
    case send(SessionID, Message)
    /// Queue PING with this id; the shell fills in the clocks.
    case ping(SessionID, id: UInt64)
    /// Queue PONG for this PING; the shell fills in the wall clock.
    case pong(SessionID, Ping)
    /// Queue one STATEMENT frame for each register, as it is now in the ledger.
    case sendStatements(SessionID, requestID: UInt32, [StatementRef])
    /// Look up these statements in the ledger; answered by `found`.
    case findStatements(SessionID, requestID: UInt32, [StatementHash])
    /// Queue the map of a held recording, then END.
    case serveMap(SessionID, requestID: UInt32, ContentID)
    /// Serve a block, by priority, then END.
    case serveBlock(SessionID, BlockRequest)
    /// Drop what is left of a served request and send END 4.
    case cancelServe(SessionID, requestID: UInt32)
    /// Say CLOSE, then close the connection.
    case close(SessionID, CloseCode, String)
    /// Reset the connection.
    case abort(SessionID, String)
    /// Keep a mark (protocol §4).
    case setMark(peer: NodeID, CatchUp.Mark)
    /// A transfer's work on files.
    case transfer(TransferPlan.Action)
    /// A session was confirmed: HELLO came.
    case confirmed(SessionID, peer: NodeID)
    /// PONG brought the peer's wall clock, half a round trip ago.
    case clockHeard(peer: NodeID, wallMs: UInt64, isSet: Bool)
  }

  /// What a node says of itself in HELLO.
  public struct Greeting: Hashable, Sendable {
    /// The name on its card.
    public var name: String
    /// Its program's version.
    public var version: String
    /// A greeting.
    public init(name: String, version: String) {
      self.name = name
      self.version = version
    }
  }

  /// Two diallings within this time crossed each other (protocol §7).
  static let crossingPeriod = Duration.seconds(2)

  /// This node.
  public let own: NodeID
  let greeting: Greeting
  /// What the ledger has, as trees.
  public internal(set) var manifest: Manifest
  /// What the ledger means.
  public internal(set) var view: TeamView
  /// What is being pulled.
  public internal(set) var transfers = TransferPlan()
  /// Live connections.
  public internal(set) var sessions: [SessionID: Session] = [:]
  /// Peer → the mark of catching up.
  var marks: [NodeID: CatchUp.Mark]

  /// A node with a ledger that was loaded into `manifest` and `view`.
  public init(
    own: NodeID, greeting: Greeting, manifest: Manifest, view: TeamView, marks: [NodeID: CatchUp.Mark]
  ) {
    self.own = own
    self.greeting = greeting
    self.manifest = manifest
    self.view = view
    self.marks = marks
  }

  /// When `tick` is due although nothing happened; nil when never.
  public var deadline: Instant? {
    (sessions.values.compactMap(\.deadline) + [transfers.deadline].compactMap(\.self)).min()
  }

  /// Takes one event; returns what follows from it, in order.
  public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
    var actions = react(to: event, at: now)
    actions += transfers.plan(view, at: now).map(Self.carry)
    for id in sessions.keys { sessions[id]?.noteOutstanding(transfers.hasOutstanding(id), at: now) }
    return actions
  }

  /// Where a DATA frame's payload goes; nil when its request was given up; throws when it breaks the protocol.
  public func route(_ session: SessionID, _ header: DataHeader, count: Int) throws(TransferViolation)
    -> DataRoute?
  {
    try transfers.route(session, header, count: count)
  }

  static func carry(_ action: TransferPlan.Action) -> Action {
    if case .send(let session, let message) = action { return .send(session, message) }
    return .transfer(action)
  }

  private mutating func react(to event: Event, at now: Instant) -> [Action] {
    switch event {
    case .opened(let id, let peer, let isDialler): return open(id, peer: peer, isDialler: isDialler, at: now)
    case .bytesRead(let id):
      sessions[id]?.liveness.bytesRead(at: now)
      return []
    case .received(let id, let message): return receive(message, over: id, at: now)
    case .statementsDealt(let id, let count):
      return catchUp(id, .statementDealt(count), at: now)
    case .statementsSent(let id, let count): return catchUp(id, .statementsSent(count), at: now)
    case .found(let id, let requestID, let found, let isComplete):
      return catchUp(id, .statementGet(requestID: requestID, found: found, isComplete: isComplete), at: now)
    case .stored(let statements): return store(statements, at: now)
    case .written(let id, let requestID, let count, let outcome):
      transfers.written(id, requestID: requestID, count: count, outcome, at: now)
      return []
    case .served(let id, let requestID):
      sessions[id]?.serving[requestID] = nil
      return []
    case .prepared(let claim, let hasMap, let verified, let partial):
      transfers.prepared(claim, hasMap: hasMap, verified: verified, partial: partial)
      return []
    case .preparationFailed(let claim):
      transfers.preparationFailed(claim, at: now)
      return []
    case .finished(let claim, let outcome):
      return transfers.finished(claim, outcome, at: now).map(Self.carry)
    case .present(let ids):
      transfers.present(ids)
      return []
    case .withdrawn(let id):
      transfers.withdrawn(id)
      return []
    case .violated(let id, let reason): return violate(id, reason)
    case .closed(let id):
      close(id)
      return []
    case .membersChanged(let members): return changeMembers(members)
    case .paused(let isPaused):
      transfers.isPaused = isPaused
      return []
    case .tick: return tick(at: now)
    }
  }

  private mutating func open(_ id: SessionID, peer: NodeID, isDialler: Bool, at now: Instant) -> [Action] {
    sessions[id] = Session(peer: peer, isDialler: isDialler, openedAt: now, catchUp: nil)
    // The responder acts on nothing before the initiator's HELLO proved that the handshake is no replay.
    return isDialler ? [sayHello(id)] : []
  }

  /// Says HELLO with the root of now and begins to catch up from there.
  mutating func sayHello(_ id: SessionID) -> Action {
    let root = manifest.root()
    if let session = sessions[id] {
      sessions[id]?.catchUp = CatchUp(
        peer: session.peer, isDialler: session.isDialler, mark: marks[session.peer], helloRoot: root)
    }
    let hello = Hello(
      root: root, inflightBytesMax: Session.maxInflight, name: greeting.name, version: greeting.version)
    return .send(id, .hello(hello))
  }

  mutating func close(_ id: SessionID) {
    sessions[id] = nil
    transfers.closed(id)
  }

  private mutating func store(_ statements: [StoredStatement], at now: Instant) -> [Action] {
    var actions: [Action] = []
    for stored in statements {
      manifest.set(author: stored.reference.author, key: stored.reference.key, entry: stored.entry)
      view.apply(stored.statement)
      transfers.ledgerChanged(holdingOf: stored.statement.kind == .holding ? stored.statement.author : nil)
      for id in sessions.keys.sorted() {
        actions += catchUp(id, .stored(stored.reference, source: stored.entry.source), at: now)
      }
    }
    return actions
  }

  private mutating func changeMembers(_ members: [Member]) -> [Action] {
    view.setMembers(members)
    let accepted = Set(members.filter(\.isAccepted).map(\.id))
    guard accepted != manifest.accepted else { return [] }
    manifest.accepted = accepted
    transfers.ledgerChanged(holdingOf: nil)
    return sessions.keys.sorted().flatMap { id -> [Action] in
      let isTrusted = sessions[id].map { accepted.contains($0.peer) } ?? false
      close(id)
      return [
        .close(
          id, isTrusted ? .renew : .untrusted, isTrusted ? "accepted authors changed" : "not trusted any more"
        )
      ]
    }
  }

  private mutating func tick(at now: Instant) -> [Action] {
    var actions: [Action] = []
    for id in sessions.keys.sorted() {
      guard var session = sessions[id] else { continue }
      if session.isHelloOverdue(at: now) {
        close(id)
        actions.append(.abort(id, "no HELLO within \(Session.helloPeriod.inSeconds) s"))
        continue
      }
      let verdict = session.liveness.check(at: now)
      sessions[id] = session
      switch verdict {
      case .ping(let ping)?: actions.append(.ping(id, id: ping))
      case .abort(let reason)?:
        close(id)
        actions.append(.abort(id, reason))
        continue
      case nil: break
      }
      actions += catchUp(id, .tick, at: now)
    }
    return actions
  }

  /// Lets a session's catching up take an event.
  mutating func catchUp(_ id: SessionID, _ event: CatchUp.Event, at now: Instant) -> [Action] {
    guard let peer = sessions[id]?.peer,
      let steps = sessions[id]?.catchUp?.handle(event, manifest: &manifest, at: now)
    else { return [] }
    return steps.flatMap { step -> [Action] in
      switch step {
      case .send(let message): return [.send(id, message)]
      case .sendStatements(let references, let requestID):
        return [.sendStatements(id, requestID: requestID, references)]
      case .setMark(let mark):
        marks[peer] = mark
        return [.setMark(peer: peer, mark)]
      case .fail(let error):
        guard error.isTransient else { return violate(id, error.text) }
        close(id)
        return [.abort(id, error.text)]
      }
    }
  }

  /// The peer broke the protocol: CLOSE(protocol), and the dial plan waits.
  mutating func violate(_ id: SessionID, _ reason: String) -> [Action] {
    guard sessions[id] != nil else { return [] }
    close(id)
    return [.close(id, .protocolViolation, reason)]
  }
}
