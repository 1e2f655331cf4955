import AcqCore
import AcqCrypto
import AcqReplication
import AcqSystem
import AcqWire

/// The peers that may connect, as the handshakes look them up.
struct PeerList: Sendable {
  private let byNoiseKey: [[UInt8]: Card]
  /// Addresses that peers are dialled at: their handshakes have a budget of their own.
  let addresses: Set<String>

  init(_ book: PeerBook) {
    let trusted = book.peers.filter(\.isTrusted)
    byNoiseKey = Dictionary(trusted.map { ($0.card.noisePublic, $0.card) }) { first, _ in first }
    addresses = Set(trusted.flatMap(\.addresses).map(\.host))
  }

  /// The card of the trusted node with this X25519 key.
  func trusted(noisePublic: [UInt8]) -> Card? { byNoiseKey[noisePublic] }
}

/// Everything that connects this node with its peers: listener, dialers, and the threads of live connections.
final class PeerLinks: Sendable {
  private struct State {
    var list: PeerList
    var dialers: [NodeID: Dialer] = [:]
    var threads: [Thread] = []
    var isStopped = false
  }

  private let key: NodeKey
  private let context: Connection.Context
  private let listener: Listener
  private let log: Log
  private let state: Monitor<State>
  private let inbound: Inbound

  init(key: NodeKey, book: PeerBook, listen: Endpoint, context: Connection.Context) throws {
    self.key = key
    self.context = context
    log = context.log
    do throws(Errno) {
      listener = try Listener(host: listen.isWildcard ? nil : listen.host, port: listen.port)
    } catch { throw DaemonError("cannot listen for peers on \(listen): \(error)") }
    let state = Monitor(State(list: PeerList(book)))
    self.state = state
    inbound = Inbound(key: key, peers: { state.withLock { $0.list } }, log: context.log) {
      [context] card, socket, channel, settled in
      Self.open(card, socket, channel, isDialler: false, context, onSettled: settled)
    }
  }

  /// The port that peers dial.
  var port: UInt16 { listener.port }
  /// Nodes that were refused because their key is not trusted.
  var pending: [PendingPeers.Entry] { inbound.pending }

  /// Begins to accept and to dial.
  func start(_ book: PeerBook) throws {
    let accepting = try Thread.start(name: "accept") { [inbound, listener] in inbound.run(listener) }
    state.change { $0.threads.append(accepting) }
    try use(book)
  }

  /// Dials the peers of `book` and no others.
  func use(_ book: PeerBook) throws {
    let wanted = book.peers.filter { $0.isTrusted && !$0.addresses.isEmpty }
    let old = state.change { state in
      state.list = PeerList(book)
      defer { state.dialers = [:] }
      return state.dialers
    }
    for dialer in old.values { dialer.stop() }
    for peer in wanted {
      let engine = context.engine
      let dialer = try Dialer(
        peer: peer, key: key, log: log, isConnected: { engine.isConnected(peer.id) },
        accepted: { [context] card, socket, channel in
          Self.open(card, socket, channel, isDialler: true, context, onSettled: {})
        })
      if engine.isConnected(peer.id) { dialer.connected() }
      let thread = try Thread.start(name: "dial-\(peer.name)") { dialer.run() }
      state.change { state in
        state.dialers[peer.id] = dialer
        state.threads.append(thread)
      }
    }
  }

  private static func open(
    _ card: Card, _ socket: Socket, _ channel: consuming SecureChannel, isDialler: Bool,
    _ context: Connection.Context, onSettled: @escaping @Sendable () -> Void
  ) {
    // Consumed inside a closure that runs once: handed over through an optional.
    var handed: SecureChannel? = consume channel
    let connection = context.engine.open(
      { id in
        guard let channel = handed.take() else { preconditionFailure("a session is numbered once") }
        return Connection(
          id: id, card: card, socket: socket, channel: channel, context: context, onSettled: onSettled)
      }, peer: card.id, isDialler: isDialler)
    guard let connection else {
      onSettled()
      return socket.abort()
    }
    do { try connection.start() } catch {
      context.log.warning("a session's threads could not be started", [.peer: card.name, .reason: error])
      socket.abort()
      context.engine.closed(connection.id)
    }
  }

  /// A session with the peer was confirmed.
  func connected(_ peer: NodeID) { state.withLock { $0.dialers[peer] }?.connected() }

  /// The last session with the peer ended.
  func disconnected(_ peer: NodeID, wasViolation: Bool) {
    state.withLock { $0.dialers[peer] }?.disconnected(wasViolation: wasViolation)
  }

  /// Stops accepting and dialling and waits for those threads; live sessions are the engine's.
  func stop() {
    listener.stop()
    let (dialers, threads) = state.change { state in
      state.isStopped = true
      return (Array(state.dialers.values), state.threads)
    }
    for dialer in dialers { dialer.stop() }
    for thread in threads { thread.join() }
  }
}
