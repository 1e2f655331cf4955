import AcqCore
import AcqSystem
import CMicrohttpd
import Synchronization

/// One open connection, known to libmicrohttpd's thread for it, to the watch over deadlines, and to handlers that ask
/// whether the client is still there.
final class Connection: Sendable {
  private struct State {
    /// -1 once libmicrohttpd is about to close it: from then on the number may be somebody else's.
    var socket: Int32
    var deadlines: ConnectionDeadlines
    var requestNumber = 0
    var pieceCount = 0
  }

  private let state: Mutex<State>
  /// Who connected.
  let peer: PeerAddress
  /// The user at the other end of a Unix socket.
  let localUserID: UInt32?

  init(socket: Int32, peer: PeerAddress, at now: Instant) {
    self.peer = peer
    var user: UInt32 = 0
    localUserID = peer == .local && acq_http_user(socket, &user) ? user : nil
    state = Mutex(State(socket: socket, deadlines: ConnectionDeadlines(at: now)))
  }

  func enter(_ phase: ConnectionDeadlines.Phase, at now: Instant) {
    state.withLock { $0.deadlines.enter(phase, at: now) }
  }

  /// A piece of the answer was asked for.
  func countPiece() { state.withLock { $0.pieceCount += 1 } }

  /// The request is over; the connection waits for the next one.
  func endRequest(at now: Instant) {
    state.withLock { state in
      state.requestNumber += 1
      state.deadlines.enter(.head, at: now)
    }
  }

  /// The socket's number belongs to nobody from now on.
  func close() { state.withLock { $0.socket = -1 } }

  var requestNumber: Int { state.withLock { $0.requestNumber } }

  /// Whether it is between requests.
  var isIdle: Bool { state.withLock { $0.deadlines.phase == .head } }

  /// Whether nobody waits for the answer to request `number` any more.
  func isGone(request number: Int) -> Bool {
    state.withLock { state in
      state.socket < 0 || state.requestNumber != number || acq_http_is_gone(state.socket)
    }
  }

  /// Ends the connection when a deadline has passed; says why.
  func expire(at now: Instant, _ limits: HTTPLimits) -> String? {
    state.withLock { state in
      guard state.socket >= 0 else { return nil }
      let progress = ConnectionDeadlines.Progress(
        pieceCount: state.pieceCount, unsentBytes: acq_http_unsent(state.socket))
      guard let reason = state.deadlines.expire(at: now, progress, limits) else { return nil }
      acq_http_shut(state.socket)
      return reason
    }
  }
}

/// Every open connection of a server, and the thread that ends those whose deadline has passed.
final class ConnectionWatch: Sendable {
  private struct State: Sendable {
    var connections: [ObjectIdentifier: Connection] = [:]
    var isStopping = false
  }

  /// How late a deadline may be noticed.
  private static let period = Duration.milliseconds(250)

  private let state = Monitor(State())
  private let limits: HTTPLimits
  private let log: Log

  init(limits: HTTPLimits, log: Log) {
    self.limits = limits
    self.log = log
  }

  func add(_ connection: Connection) {
    state.change { $0.connections[ObjectIdentifier(connection)] = connection }
  }

  func remove(_ connection: Connection) {
    state.change { $0.connections[ObjectIdentifier(connection)] = nil }
  }

  var count: Int { state.withLock { $0.connections.count } }

  func start() throws(Errno) -> AcqSystem.Thread {
    try AcqSystem.Thread.start(name: "http-deadlines") { [self] in
      while let connections = pause() {
        let now = Clock.monotonic()
        for connection in connections {
          guard let reason = connection.expire(at: now, limits) else { continue }
          log.debug("ended a connection", [.client: connection.peer, .reason: reason])
        }
      }
    }
  }

  /// Sleeps a period, and for as long as there is no connection; nil when the server stops.
  private func pause() -> [Connection]? {
    let isStopping = state.wait { state -> Bool? in
      state.isStopping ? true : state.connections.isEmpty ? nil : false
    }
    guard isStopping == false else { return nil }
    let stopped = state.wait(until: Clock.monotonic() + Self.period) { $0.isStopping ? true : nil }
    return stopped == nil ? state.withLock { Array($0.connections.values) } : nil
  }

  /// Waits until nothing is being answered, or until the deadline.
  func waitUntilIdle(until deadline: Instant) {
    while Clock.monotonic() < deadline, state.withLock({ !$0.connections.values.allSatisfy(\.isIdle) }) {
      // A phase changes without a signal, to cost nothing in daily use; a connection that goes wakes this up.
      _ = state.wait(until: min(deadline, Clock.monotonic() + .milliseconds(5))) { _ in nil as Bool? }
    }
  }

  func stop() { state.change { $0.isStopping = true } }
}
