public import AcqCore
public import AcqWire

/// One connection as the replica sees it (protocol §7): from the handshake's end to its own.
public struct Session: Sendable {
  /// How long HELLO may take.
  static let helloPeriod = Duration.seconds(5)
  /// Requested and unserved bytes that we let a peer have (protocol §3).
  static let maxInflight: UInt32 = 16 << 20

  /// Who is at the other end.
  public let peer: NodeID
  /// Whether this side dialled.
  public let isDialler: Bool
  /// When the handshake was done.
  public let openedAt: Instant
  /// The peer's HELLO; nil until it came: until then nothing of the peer has effect.
  public internal(set) var greeting: Hello?
  /// Catching up on statements; nil on the responder's side until HELLO came.
  public internal(set) var catchUp: CatchUp?
  /// Pings and stalls.
  public internal(set) var liveness: Liveness
  /// Requests of the peer that are being served → bytes.
  var serving: [UInt32: Int] = [:]

  init(peer: NodeID, isDialler: Bool, openedAt: Instant, catchUp: CatchUp?) {
    self.peer = peer
    self.isDialler = isDialler
    self.openedAt = openedAt
    self.catchUp = catchUp
    liveness = Liveness(at: openedAt)
  }

  /// Whether what both accept was equal when it was last compared.
  public var isInSync: Bool { catchUp?.isInSync == true }

  func isHelloOverdue(at now: Instant) -> Bool { greeting == nil && now - openedAt >= Self.helloPeriod }

  var deadline: Instant? {
    guard greeting != nil else { return openedAt + Self.helloPeriod }
    return [liveness.deadline, catchUp?.deadline].compactMap(\.self).min()
  }

  mutating func noteOutstanding(_ isTransferring: Bool, at now: Instant) {
    liveness.setOutstanding(isTransferring || catchUp?.isBusy == true, at: now)
  }

  /// Whether the peer may have one more request of `byteCount` bytes served.
  mutating func admit(requestID: UInt32, byteCount: Int) -> Bool {
    guard requestID != 0, serving[requestID] == nil, serving.count < Limits.requestsMax,
      serving.values.reduce(byteCount, +) <= Int(Self.maxInflight)
    else { return false }
    serving[requestID] = byteCount
    return true
  }
}
