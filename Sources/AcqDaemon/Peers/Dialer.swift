import AcqCore
import AcqCrypto
import AcqReplication
import AcqSystem
import AcqWire

/// Dials one peer whenever its plan says so, all its addresses side by side.
final class Dialer: Sendable {
  /// The whole handshake of a steady attempt, after connecting (protocol §2).
  private static let handshakePeriod = Duration.seconds(5)

  private struct State {
    var plan: DialPlan
    var isStopped = false
    var random = SystemRandomNumberGenerator()
  }

  private let peer: Peer
  private let key: NodeKey
  private let log: Log
  private let cancel: Wakeup
  private let state: Monitor<State>
  private let isConnected: @Sendable () -> Bool
  private let accepted: @Sendable (Card, Socket, consuming SecureChannel) -> Void

  init(
    peer: Peer, key: NodeKey, log: Log, isConnected: @escaping @Sendable () -> Bool,
    accepted: @escaping @Sendable (Card, Socket, consuming SecureChannel) -> Void
  ) throws(Errno) {
    self.peer = peer
    self.key = key
    self.log = log
    self.isConnected = isConnected
    self.accepted = accepted
    cancel = try Wakeup()
    state = Monitor(
      State(plan: DialPlan(peer.isIntermittent ? .intermittent : .steady, at: Clock.monotonic())))
  }

  /// Dials until `stop`. Runs on a thread of its own.
  func run() {
    while let life = nextAttempt() {
      do {
        _ = try Thread.start(name: "dial-\(peer.card.name)") { [self] in
          attempt(life: life)
          state.change { $0.plan.attemptEnded() }
        }
      } catch {
        state.change { $0.plan.attemptEnded() }
        log.warning("a dialling thread could not be started", [.peer: peer.card.name, .reason: error])
      }
    }
  }

  /// A session with the peer was confirmed, whoever dialled.
  func connected() { state.change { $0.plan.connected() } }

  /// The last session with the peer ended.
  func disconnected(wasViolation: Bool) {
    state.change { $0.plan.disconnected(afterViolation: wasViolation, at: Clock.monotonic()) }
  }

  /// Ends `run`; attempts under way end by themselves.
  func stop() {
    state.change { $0.isStopped = true }
    cancel.signal()
  }

  private enum Step {
    case stop
    case attempt(Duration)
    case lookAgain
  }

  /// Waits until an attempt is due: how long it may live; nil when stopped.
  private func nextAttempt() -> Duration? {
    while true {
      let deadline = state.withLock { $0.plan.deadline }
      let step = state.wait(until: deadline) { state -> Step? in
        if state.isStopped { return .stop }
        let jitter = Double.random(in: 0...1, using: &state.random)
        if let life = state.plan.start(at: Clock.monotonic(), jitter: jitter) { return .attempt(life) }
        return state.plan.deadline == deadline ? nil : .lookAgain
      }
      switch step {
      case .stop?: return nil
      case .attempt(let life)?: return life
      case .lookAgain?, nil: continue
      }
    }
  }

  private func attempt(life: Duration) {
    let deadline = Clock.monotonic() + life
    let addresses = peer.addresses.flatMap { (try? SocketAddress.resolve($0.host, port: $0.port)) ?? [] }
    guard let socket = Self.connectFirst(addresses, life: life, cancel: cancel) else { return }
    // A life bounds an overlapping attempt as a whole; a steady one has the handshake's own time.
    let period = peer.isIntermittent ? deadline - Clock.monotonic() : Self.handshakePeriod
    do {
      let initiator = try NoiseInitiator(key: key, peerStatic: peer.card.noisePublic)
      try socket.writeAll(initiator.message1, timeout: period)
      guard let answer = try socket.read(exactly: NoiseInitiator.message2Bytes, within: period) else {
        socket.abort()
        log.debug("a dialled peer did not answer", [.peer: peer.card.name, .address: socket.peerAddress])
        return
      }
      let channel = try initiator.finish(message2: answer)
      guard !isConnected() else { return socket.abort() }
      accepted(peer.card, socket, channel)
    } catch {
      socket.abort()
      log.debug("dialling failed", [.peer: peer.card.name, .reason: "\(error)"])
    }
  }

  /// The first of `addresses` that connects; the others are given up.
  private static func connectFirst(_ addresses: [SocketAddress], life: Duration, cancel: Wakeup) -> Socket? {
    guard addresses.count != 1 else {
      return try? Socket.connect(to: addresses[0], timeout: life, cancel: cancel)
    }
    struct Race {
      var left: Int
      var winner: Socket?
    }
    let race = Monitor(Race(left: addresses.count))
    for address in addresses {
      let run: @Sendable () -> Void = {
        let socket = try? Socket.connect(to: address, timeout: life, cancel: cancel)
        race.change { race in
          race.left -= 1
          if race.winner == nil { race.winner = socket } else { socket?.abort() }
        }
      }
      if (try? Thread.start(name: "connect", run)) == nil { race.change { $0.left -= 1 } }
    }
    return race.wait { race -> Socket?? in
      if let winner = race.winner { return .some(winner) }
      return race.left <= 0 ? .some(nil) : nil
    } ?? nil
  }
}
