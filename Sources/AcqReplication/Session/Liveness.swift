public import AcqCore

/// Decides when a session is pinged and when it is dead (protocol §7). Round trips are smoothed as TCP does (RFC 6298).
public struct Liveness: Hashable, Sendable {
  /// What to do.
  public enum Verdict: Hashable, Sendable {
    /// Send PING with this id.
    case ping(UInt64)
    /// Abort with RST and dial again at once.
    case abort(String)
  }

  /// Idle time between pings.
  static let idlePeriod = Duration.seconds(5)
  /// Pings without any byte back before an idle session is given up.
  static let missesMax = 3
  /// Bounds of the stall timeout.
  static let stallBounds = (least: Duration.milliseconds(1_500), most: Duration.seconds(5))

  private var lastReadAt: Instant
  private var outstandingSince: Instant?
  private var lastPingAt: Instant
  private var pingCount: UInt64 = 0
  private var misses = 0
  private var isStallPinged = false
  /// Smoothed round trip; nil before the first PONG.
  public private(set) var roundTrip: Duration?
  private var variation = Duration.zero

  /// A session that became live at `now`.
  public init(at now: Instant) {
    lastReadAt = now
    lastPingAt = now
  }

  /// How long silence lasts until a session with outstanding requests is dead.
  public var stall: Duration {
    guard let roundTrip else { return Self.stallBounds.least }
    return min(max(roundTrip * 4 + variation * 4, Self.stallBounds.least), Self.stallBounds.most)
  }

  /// Bytes came from the socket.
  public mutating func bytesRead(at now: Instant) {
    lastReadAt = now
    misses = 0
    isStallPinged = false
  }

  /// Requests became outstanding, or none is any more.
  public mutating func setOutstanding(_ isOutstanding: Bool, at now: Instant) {
    if !isOutstanding { outstandingSince = nil } else if outstandingSince == nil { outstandingSince = now }
  }

  /// A PONG answers a PING that was sent at `sentNs` of this machine's monotonic clock.
  public mutating func pong(sentNs: UInt64, at now: Instant) {
    guard let sent = Int64(exactly: sentNs), sent <= now.nanoseconds else { return }
    let sample = now - Instant(nanoseconds: sent)
    guard let known = roundTrip else {
      roundTrip = sample
      variation = sample / 2
      return
    }
    let difference = known > sample ? known - sample : sample - known
    variation = (variation * 3 + difference) / 4
    roundTrip = (known * 7 + sample) / 8
  }

  /// When `check` may have something to say.
  public var deadline: Instant {
    guard let since = outstandingSince else { return max(lastPingAt, lastReadAt) + Self.idlePeriod }
    let silentSince = max(since, lastReadAt)
    let stallDue = silentSince + (isStallPinged ? stall : stall / 2)
    return min(stallDue, max(lastPingAt, lastReadAt) + Self.idlePeriod)
  }

  /// What is due at `now`.
  public mutating func check(at now: Instant) -> Verdict? {
    if let since = outstandingSince {
      let silence = now - max(since, lastReadAt)
      if silence >= stall {
        return .abort("no byte for \(silence.inSeconds) s while requests are outstanding")
      }
      if silence >= stall / 2, !isStallPinged {
        isStallPinged = true
        return ping(at: now)
      }
    }
    guard now - max(lastPingAt, lastReadAt) >= Self.idlePeriod else { return nil }
    guard misses < Self.missesMax else { return .abort("\(misses) pings without an answer") }
    misses += 1
    return ping(at: now)
  }

  private mutating func ping(at now: Instant) -> Verdict {
    lastPingAt = now
    pingCount += 1
    return .ping(pingCount)
  }
}
