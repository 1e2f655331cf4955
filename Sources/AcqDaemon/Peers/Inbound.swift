import AcqCore
import AcqCrypto
import AcqReplication
import AcqSystem
import AcqWire

/// Takes connections of peers: reads exactly one first message, answers whom we trust, closes everyone else silently
/// (protocol §2).
final class Inbound: Sendable {
  /// How long the first message may take, and writing the answer.
  private static let firstMessagePeriod = Duration.seconds(2)
  /// Failures are logged at most this often.
  private static let failureLogPeriod = Duration.seconds(1)

  private struct State {
    var admission: Admission
    var halfOpen: [UInt64: Socket] = [:]
    var lastConnection: UInt64 = 0
    var pending = PendingPeers()
    var lastFailureLog: Instant?
    var lastStrangerLog: Instant?
    var hiddenFailures = 0
  }

  private let key: NodeKey
  private let peers: @Sendable () -> PeerList
  /// Takes over a connection; `settled` is called when its session is confirmed or over.
  typealias Accepted =
    @Sendable (Card, Socket, consuming SecureChannel, _ settled: @escaping @Sendable () -> Void) -> Void
  private let accepted: Accepted
  private let log: Log
  private let state = Monitor(State(admission: Admission(at: Clock.monotonic())))

  init(
    key: NodeKey, peers: @escaping @Sendable () -> PeerList, log: Log, accepted: @escaping Accepted
  ) {
    self.key = key
    self.peers = peers
    self.log = log
    self.accepted = accepted
  }

  /// Nodes that were refused because their key is not trusted.
  var pending: [PendingPeers.Entry] { state.withLock { $0.pending.entries } }

  /// Connections whose handshake is not done.
  var halfOpenCount: Int { state.withLock { $0.admission.halfOpenCount } }

  /// Accepts until the listener is stopped. Runs on a thread of its own.
  func run(_ listener: Listener) {
    while !listener.isStopped {
      do {
        if let socket = try listener.accept(timeout: .seconds(1)) { admit(socket) }
      } catch {
        // Out of descriptors, most likely: the next try is after a pause, not at once.
        log.warning("a connection could not be accepted", [.reason: error])
        Clock.sleep(.milliseconds(100))
      }
    }
  }

  private func admit(_ socket: Socket) {
    let address = socket.peerAddress.host
    let isConfigured = peers().addresses.contains(address)
    let (number, verdict, victim) = state.change { state -> (UInt64, Admission.Verdict, Socket?) in
      state.lastConnection += 1
      let number = state.lastConnection
      let verdict = state.admission.arrived(
        number, from: address, isConfigured: isConfigured, at: Clock.monotonic())
      var victim: Socket?
      if case .admitClosing(let other) = verdict { victim = state.halfOpen.removeValue(forKey: other) }
      if verdict != .refuse { state.halfOpen[number] = socket }
      return (number, verdict, victim)
    }
    victim?.abort()
    guard verdict != .refuse else {
      socket.abort()
      return
    }
    do {
      _ = try Thread.start(name: "handshake") { [self] in
        if !handshake(socket, address: address, number) { settled(number) }
      }
    } catch {
      settled(number)
      socket.abort()
    }
  }

  private func settled(_ number: UInt64) {
    state.change { state in
      state.admission.settled(number)
      state.halfOpen[number] = nil
    }
  }

  /// Whether the connection was handed over. It stays half-open until its session is confirmed: whoever sends an old
  /// first message again must not hold more than strangers may.
  private func handshake(_ socket: Socket, address: String, _ number: UInt64) -> Bool {
    do {
      var responder = NoiseResponder(key: key)
      guard
        let message1 = try socket.read(exactly: NoiseResponder.message1Bytes, within: Self.firstMessagePeriod)
      else {
        refuse(socket, address, "the first message did not come whole in time")
        return false
      }
      let peerStatic = try responder.read(message1: message1)
      guard let card = peers().trusted(noisePublic: peerStatic) else {
        refuseStranger(socket, address, peerStatic)
        return false
      }
      let message2 = try responder.message2()
      try socket.writeAll(message2, timeout: Self.firstMessagePeriod)
      accepted(card, socket, responder.finish()) { [self] in settled(number) }
      return true
    } catch {
      refuse(socket, address, "\(error)")
      return false
    }
  }

  private func refuseStranger(_ socket: Socket, _ address: String, _ peerStatic: [UInt8]) {
    socket.abort()
    // A stranger with many keys must not fill the log; who waits to be trusted stands in the list of pending ones.
    let isWorthALine = state.change { state in
      let now = Clock.monotonic()
      guard state.pending.saw(noisePublic: peerStatic, from: address, atMs: Clock.wallMs()),
        state.lastStrangerLog.map({ now - $0 >= Self.failureLogPeriod }) ?? true
      else { return false }
      state.lastStrangerLog = now
      return true
    }
    guard isWorthALine else { return }
    log.warning(
      "a stranger was refused: ask that node for its card (acqd id), then run acqd trust CARD",
      [.address: address, .peer: Fingerprint.text(peerStatic)])
  }

  private func refuse(_ socket: Socket, _ address: String, _ reason: String) {
    socket.abort()
    let hidden = state.change { state -> Int? in
      let now = Clock.monotonic()
      if let last = state.lastFailureLog, now - last < Self.failureLogPeriod {
        state.hiddenFailures += 1
        return nil
      }
      state.lastFailureLog = now
      defer { state.hiddenFailures = 0 }
      return state.hiddenFailures
    }
    guard let hidden else { return }
    log.debug("a handshake failed", [.address: address, .reason: reason, .count: hidden + 1])
  }
}

extension Socket {
  /// Exactly `count` bytes, or nil when they do not come within `period` or the stream ends.
  func read(exactly count: Int, within period: Duration) throws(Errno) -> [UInt8]? {
    let deadline = Clock.monotonic() + period
    var bytes: [UInt8] = []
    while bytes.count < count {
      let left = deadline - Clock.monotonic()
      guard left > .zero,
        case .bytes = try read(into: &bytes, upTo: count - bytes.count, timeout: left)
      else { return nil }
    }
    return bytes
  }
}
