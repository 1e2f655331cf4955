public import AcqCore

/// When one peer is dialled (protocol §7, IDLE and DIALING).
public struct DialPlan: Hashable, Sendable {
  /// How a peer is dialled.
  public enum Style: Hashable, Sendable {
    /// Its link comes and goes: a new attempt every 0.5 s, each lives 1 s, for ever.
    case intermittent
    /// One attempt at a time, with growing pauses.
    case steady
  }

  /// Start of a new attempt while others still live.
  static let overlapPeriod = Duration.milliseconds(500)
  /// Life of an overlapping attempt, connecting and handshake together.
  static let overlapLife = Duration.seconds(1)
  /// Life of a steady attempt's connecting.
  static let steadyLife = Duration.seconds(3)
  /// First, factor and last pause between steady attempts.
  static let pause = (first: Duration.milliseconds(200), factor: 1.6, last: Duration.seconds(30))
  /// Pause after a peer broke the protocol.
  static let violationPause = Duration.seconds(60)
  /// Attempts that may live at once: those of one life at the overlap period, and one that is being torn down.
  static let attemptsMax = 4

  private let style: Style
  private var nextAt: Instant
  private var currentPause = pause.first
  private var attempts = 0
  private var isConnected = false

  /// Dials from `now` on.
  public init(_ style: Style, at now: Instant) {
    self.style = style
    nextAt = now
  }

  /// When `start` is due; nil while a session is live or too many attempts are.
  public var deadline: Instant? {
    if isConnected || attempts >= (style == .intermittent ? Self.attemptsMax : 1) { return nil }
    return nextAt
  }

  /// Starts an attempt if one is due: how long it may live. `jitter` is uniform in 0...1.
  public mutating func start(at now: Instant, jitter: Double) -> Duration? {
    guard let deadline, deadline <= now else { return nil }
    attempts += 1
    switch style {
    case .intermittent:
      nextAt = now + Self.overlapPeriod
      return Self.overlapLife
    case .steady:
      // The pause counts from the attempt's end; until then its own slot keeps others away.
      let spread = 0.8 + 0.4 * jitter
      nextAt = now + .nanoseconds(Int64(Double(currentPause.inNanoseconds) * spread))
      currentPause = min(
        .nanoseconds(Int64(Double(currentPause.inNanoseconds) * Self.pause.factor)), Self.pause.last)
      return Self.steadyLife
    }
  }

  /// An attempt came to nothing.
  public mutating func attemptEnded() { attempts = max(0, attempts - 1) }

  /// A session with the peer was confirmed, whoever dialled: attempts stop, pauses begin small again.
  public mutating func connected() {
    isConnected = true
    currentPause = Self.pause.first
  }

  /// The last session with the peer ended; a peer that broke the protocol waits.
  public mutating func disconnected(afterViolation: Bool, at now: Instant) {
    isConnected = false
    nextAt = afterViolation ? now + Self.violationPause : now
  }
}
