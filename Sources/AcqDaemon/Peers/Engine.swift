package import AcqCore
import AcqCrypto
package import AcqReplication
import AcqSystem
import AcqWire

/// Runs the replica: takes events from every thread, one at a time, and hands out what follows. The lock is held only
/// to compute and to queue; nothing is sent, read or written under it.
package final class Engine: Sendable {
  /// What the rest of the daemon does for the replica, outside the lock.
  struct Handlers: Sendable {
    /// Keeps a mark.
    var setMark: @Sendable (_ peer: NodeID, CatchUp.Mark) -> Void
    /// Looks up statements by hash, and tells the engine what it found.
    var findStatements: @Sendable (SessionID, _ requestID: UInt32, [StatementHash]) -> Void
    /// Works on files for a transfer.
    var transfer: @Sendable (TransferPlan.Action) -> Void
    /// A peer told its wall clock.
    var clockHeard: @Sendable (_ peer: NodeID, _ wallMs: UInt64, _ isSet: Bool) -> Void
    /// A session with a peer was confirmed.
    var connected: @Sendable (_ peer: NodeID) -> Void
    /// The last session with a peer ended.
    var disconnected: @Sendable (_ peer: NodeID, _ wasViolation: Bool) -> Void
  }

  private struct State {
    var replica: Replica
    var connections: [SessionID: Connection] = [:]
    var lastSession: UInt64 = 0
    var contacts: [NodeID: Contact] = [:]
    /// Sessions whose HELLO came and whose end was not told yet.
    var confirmed: Set<SessionID> = []
    var isStopping = false
    /// Until when the clock's thread sleeps; an earlier deadline wakes it.
    var sleepsUntil = Instant(nanoseconds: .max)
  }

  /// What is remembered of a peer between sessions.
  struct Contact: Sendable {
    /// When a byte last came; milliseconds since 1970.
    var lastMs: UInt64?
    /// Whether the last session was, or ended, in sync.
    var wasInSync = false
    /// Confirmed sessions.
    var sessionCount = 0
  }

  private let state: Monitor<State>
  private let handlers = Monitor<Handlers?>(nil)
  private let log: Log

  /// Runs `replica`.
  package init(_ replica: Replica, log: Log) {
    state = Monitor(State(replica: replica))
    self.log = log
  }

  /// Connects the rest of the daemon; before this, actions other than sending are dropped.
  func connect(_ handlers: Handlers) { self.handlers.withLock { $0 = handlers } }

  /// Reads something of the replica.
  func read<Result>(_ body: (Replica) throws -> Result) rethrows -> Result {
    try state.withLock { try body($0.replica) }
  }

  /// Takes an event and carries out what follows.
  func handle(_ event: Replica.Event) {
    let (after, isEarlier) = state.withLock { state in
      let after = dispatch(state.replica.handle(event, at: Clock.monotonic()), &state)
      return (after, state.replica.deadline.map { $0 < state.sleepsUntil } ?? false)
    }
    if isEarlier { state.change { _ in } }
    for effect in after { effect() }
  }

  /// A handshake with an accepted peer is done: numbers the session and tells the replica.
  func open(_ make: (SessionID) -> Connection, peer: NodeID, isDialler: Bool) -> Connection? {
    let (connection, after) = state.change { state -> (Connection?, [() -> Void]) in
      guard !state.isStopping else { return (nil, []) }
      state.lastSession += 1
      let id = SessionID(state.lastSession)
      let connection = make(id)
      state.connections[id] = connection
      let actions = state.replica.handle(.opened(id, peer: peer, isDialler: isDialler), at: Clock.monotonic())
      return (connection, dispatch(actions, &state))
    }
    for effect in after { effect() }
    return connection
  }

  /// The connection's threads are done.
  func closed(_ id: SessionID) {
    let after = state.change { state -> [() -> Void] in
      // Still confirmed here: the other side, or the link, ended it without a word, and it is dialled again.
      let isSurprise = state.replica.sessions[id]?.greeting != nil
      var after = dispatch(state.replica.handle(.closed(id), at: Clock.monotonic()), &state)
      if isSurprise {
        log.notice("session ended", [.peer: name(id, state), .reason: "the connection was lost"])
        after += ended(id, wasViolation: false, &state, handlers.withLock { $0 })
      }
      if let connection = state.connections.removeValue(forKey: id) {
        after.append { connection.settled() }
      }
      return after
    }
    for effect in after { effect() }
  }

  /// Where a DATA frame's payload goes.
  func route(_ id: SessionID, _ header: DataHeader, count: Int) throws(TransferViolation) -> DataRoute? {
    let result = state.withLock { state -> Result<DataRoute?, TransferViolation> in
      do throws(TransferViolation) {
        return .success(try state.replica.route(id, header, count: count))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Whether a session with the peer is confirmed.
  func isConnected(_ peer: NodeID) -> Bool {
    read { replica in replica.sessions.values.contains { $0.peer == peer && $0.greeting != nil } }
  }

  /// Whether the session's HELLO came and it did not end.
  func isConfirmed(_ id: SessionID) -> Bool { state.withLock { $0.confirmed.contains(id) } }

  // MARK: - Carrying out

  /// Queues what is to be sent, in order; returns what must be done outside the lock.
  private func dispatch(_ actions: [Replica.Action], _ state: inout State) -> [() -> Void] {
    var after: [() -> Void] = []
    let handlers = handlers.withLock { $0 }
    for action in actions {
      switch action {
      case .send(let id, let message): state.connections[id]?.outbox.add(.message(message))
      case .ping(let id, let ping): state.connections[id]?.outbox.add(.ping(id: ping))
      case .pong(let id, let ping): state.connections[id]?.outbox.add(.pong(ping))
      case .sendStatements(let id, let requestID, let references):
        state.connections[id]?.outbox.add(.statements(requestID: requestID, references))
      case .findStatements(let id, let requestID, let hashes):
        after.append { handlers?.findStatements(id, requestID, hashes) }
      case .serveMap(let id, let requestID, let content):
        state.connections[id]?.outbox.add(.serveMap(requestID: requestID, content))
      case .serveBlock(let id, let request): state.connections[id]?.outbox.add(request)
      case .cancelServe(let id, let requestID):
        state.connections[id]?.outbox.add(.cancelled(requestID: requestID))
      case .close(let id, let code, let text):
        log.notice("session closed", [.peer: name(id, state), .code: "\(code)", .reason: text])
        after += ended(id, wasViolation: code == .protocolViolation, &state, handlers)
        state.connections[id]?.outbox.add(.close(code, text))
      case .abort(let id, let reason):
        log.notice("session ended", [.peer: name(id, state), .reason: reason])
        after += ended(id, wasViolation: false, &state, handlers)
        if let connection = state.connections[id] { after.append { connection.abort() } }
      case .setMark(let peer, let mark): after.append { handlers?.setMark(peer, mark) }
      case .transfer(let work): after.append { handlers?.transfer(work) }
      case .confirmed(let id, let peer):
        state.contacts[peer, default: Contact()].sessionCount += 1
        state.confirmed.insert(id)
        log.notice("session confirmed", [.peer: name(id, state)])
        after.append { handlers?.connected(peer) }
        if let connection = state.connections[id] { after.append { connection.settled() } }
      case .clockHeard(let peer, let wallMs, let isSet):
        after.append { handlers?.clockHeard(peer, wallMs, isSet) }
      }
    }
    return after
  }

  private func name(_ id: SessionID, _ state: State) -> String {
    state.connections[id]?.card.name ?? "\(id.value)"
  }

  /// Tells once that a session ended, unless another one with the peer is confirmed. One that never was is nobody's:
  /// whoever sends an old first message again must not decide when we dial.
  private func ended(
    _ id: SessionID, wasViolation: Bool, _ state: inout State, _ handlers: Handlers?
  ) -> [() -> Void] {
    guard let peer = state.connections[id]?.card.id else { return [] }
    guard state.confirmed.remove(id) != nil || wasViolation else { return [] }
    let isElsewhere = state.replica.sessions.values.contains { $0.peer == peer && $0.greeting != nil }
    return isElsewhere ? [] : [{ handlers?.disconnected(peer, wasViolation) }]
  }

  // MARK: - Life

  /// Ticks the replica whenever a deadline passes, until `stop`. Runs on a thread of its own.
  func runClock() {
    while true {
      let wakeAt = state.withLock { state -> Instant in
        // A pass at least every second keeps contacts fresh for status.
        let latest = Clock.monotonic() + .seconds(1)
        state.sleepsUntil = min(latest, state.replica.deadline ?? latest)
        return state.sleepsUntil
      }
      let isStopping = state.wait(until: wakeAt) { state -> Bool? in
        state.isStopping ? true : (state.replica.deadline.map { $0 < wakeAt } ?? false) ? false : nil
      }
      if isStopping == true { return }
      noteContacts()
      handle(.tick)
    }
  }

  private func noteContacts() {
    let nowMs = Clock.wallMs()
    state.withLock { state in
      for session in state.replica.sessions.values where session.greeting != nil {
        state.contacts[session.peer, default: Contact()].lastMs = nowMs
        state.contacts[session.peer]?.wasInSync = session.isInSync
      }
    }
  }

  /// What is remembered of each peer.
  var contacts: [NodeID: Contact] { state.withLock { $0.contacts } }

  /// Live connections.
  var connections: [Connection] { state.withLock { Array($0.connections.values) } }

  /// Says CLOSE(shutdown) to everyone and takes no new session; then waits up to a second for the words to leave and
  /// resets what is left.
  func stop() {
    handle(.paused(true))
    let open = state.change { state in
      state.isStopping = true
      return Array(state.connections.values)
    }
    for connection in open { connection.outbox.add(.close(.shutdown, "this node stops")) }
    let deadline = Clock.monotonic() + Self.goodbyePeriod
    _ = state.wait(until: deadline) { $0.connections.isEmpty ? true : nil }
    for connection in connections { connection.abort() }
    _ = state.wait(until: Clock.monotonic() + Self.goodbyePeriod) { $0.connections.isEmpty ? true : nil }
  }

  /// How long queued data and CLOSE may take to leave when stopping (protocol §7).
  private static let goodbyePeriod = Duration.milliseconds(700)
}
