import AcqCore
import AcqSystem

/// A TCP relay of the test between a node that dials and one that listens: counts, throttles, cuts and swallows.
/// "Down" is towards the one that dialled.
final class Relay: Sendable {
  private struct State {
    var pairs: [Int: (dialler: Socket, target: Socket)] = [:]
    var lastPair = 0
    /// Pairs that forward nothing any more although they stay open.
    var dead: Set<Int> = []
    var isBlackhole = false
    var isStopped = false
    var downBytes = 0
    var connectionCount = 0
    var downRate: Double?
    var isDownFreeAt = Instant(nanoseconds: 0)
    /// The connections are cut when exactly so many bytes have gone down; ascending.
    var cutsAt: [Int] = []
    var cutCount = 0
    var firstDownAfterLift: Instant?
    var liftedAt: Instant?
  }

  /// Bytes forwarded at once: small, so that a throttle is smooth.
  private static let pieceBytes = 64 << 10

  private let listener: Listener
  private let target: UInt16
  private let state = Monitor(State())

  /// Relays connections to its own port to `target` on 127.0.0.1.
  init(to target: UInt16) throws {
    self.target = target
    listener = try Listener(host: "127.0.0.1", port: 0)
    _ = try Thread.start(name: "relay") { [self] in
      // Errors of accept end the relay: the test then fails with what it waits for.
      while let socket = try? listener.accept() { take(socket) }
    }
  }

  /// Where to dial instead of the target.
  var address: String { "127.0.0.1:\(listener.port)" }
  /// Bytes that went down in all connections.
  var downBytes: Int { state.withLock { $0.downBytes } }
  /// Connections that were taken.
  var connectionCount: Int { state.withLock { $0.connectionCount } }
  /// How often `cut(atDownBytes:)` cut.
  var cutCount: Int { state.withLock { $0.cutCount } }
  /// From the end of the last blackhole to the first byte that went down; nil before.
  var firstByteAfterLift: Duration? {
    state.withLock { state in
      guard let first = state.firstDownAfterLift, let lifted = state.liftedAt else { return nil }
      return first - lifted
    }
  }

  /// Bytes a second that go down; nil: as fast as they come.
  func throttle(_ bytesPerSecond: Double?) { state.change { $0.downRate = bytesPerSecond } }

  /// Cuts every connection at exactly these ascending counts of bytes down, in the middle of whatever is under way.
  func cut(atDownBytes counts: [Int]) { state.change { $0.cutsAt = counts } }

  /// Ends every connection now.
  func cut() {
    let pairs = state.change { state in
      defer { state.pairs = [:] }
      return Array(state.pairs.values)
    }
    for pair in pairs { Self.close(pair) }
  }

  /// The link goes silent: what is sent is swallowed, connections stay open and never come back to life.
  func blackhole() {
    state.change { state in
      state.isBlackhole = true
      state.dead.formUnion(state.pairs.keys)
      state.firstDownAfterLift = nil
    }
  }

  /// The link is there again, for new connections.
  func lift() {
    state.change { state in
      state.isBlackhole = false
      state.liftedAt = Clock.monotonic()
      // Those that were opened meanwhile lost their first bytes, as on a real link.
      state.dead.formUnion(state.pairs.keys)
    }
  }

  /// Ends everything.
  func stop() {
    listener.stop()
    state.change { $0.isStopped = true }
    cut()
  }

  private func take(_ dialler: Socket) {
    guard let target = try? Socket.connect(host: "127.0.0.1", port: target, timeout: .seconds(5)) else {
      return dialler.abort()
    }
    let number = state.change { state in
      state.lastPair += 1
      state.connectionCount += 1
      state.pairs[state.lastPair] = (dialler, target)
      if state.isBlackhole { state.dead.insert(state.lastPair) }
      return state.lastPair
    }
    for (from, to, isDown) in [(target, dialler, true), (dialler, target, false)] {
      let pump = try? Thread.start(name: "pump") { [self] in
        while forward(number, from, to, isDown: isDown) {}
        if let pair = state.change({ $0.pairs.removeValue(forKey: number) }) { Self.close(pair) }
      }
      if pump == nil { Self.close((dialler, target)) }
    }
  }

  private static func close(_ pair: (dialler: Socket, target: Socket)) {
    pair.dialler.shutdown()
    pair.target.shutdown()
  }

  /// Forwards one piece; false when the connection is over.
  private func forward(_ number: Int, _ from: Socket, _ to: Socket, isDown: Bool) -> Bool {
    var bytes: [UInt8] = []
    guard case .bytes? = try? from.read(into: &bytes, upTo: Self.pieceBytes) else { return false }
    if isDown, !waitForRate(bytes.count) { return false }
    let (isDead, count, isCut) = state.change { state -> (Bool, Int, Bool) in
      if state.dead.contains(number) { return (true, 0, false) }
      guard isDown else { return (false, bytes.count, false) }
      var count = bytes.count
      var isCut = false
      if let cutAt = state.cutsAt.first, state.downBytes + count >= cutAt {
        count = cutAt - state.downBytes
        state.cutsAt.removeFirst()
        state.cutCount += 1
        isCut = true
      }
      state.downBytes += count
      if state.liftedAt != nil, state.firstDownAfterLift == nil {
        state.firstDownAfterLift = Clock.monotonic()
      }
      return (false, count, isCut)
    }
    if isDead { return true }
    guard (try? to.writeAll(bytes[..<count], timeout: .seconds(30))) != nil else { return false }
    if isCut { cut() }
    return !isCut
  }

  /// Waits until so many bytes may go down; false when stopped.
  private func waitForRate(_ count: Int) -> Bool {
    let due = state.change { state -> Instant? in
      guard let rate = state.downRate else { return nil }
      let start = max(state.isDownFreeAt, Clock.monotonic())
      state.isDownFreeAt = start + .nanoseconds(Int64(Double(count) / rate * 1e9))
      return state.isDownFreeAt
    }
    guard let due else { return true }
    return state.wait(until: due) { $0.isStopped ? true : nil } == nil
  }
}
