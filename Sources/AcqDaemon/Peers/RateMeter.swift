import AcqCore

/// Bytes a second over the last seconds, as an exponentially fading mean. Pure.
struct RateMeter {
  /// After this long a burst counts for a third.
  private static let period = Duration.seconds(4)
  private var mean = 0.0
  private var pendingBytes = 0
  private var since: Instant?

  /// `count` bytes came.
  mutating func add(_ count: Int, at now: Instant) {
    fade(to: now)
    pendingBytes += count
  }

  /// The mean at `now`.
  mutating func bytesPerSecond(at now: Instant) -> Double {
    fade(to: now)
    return mean
  }

  private mutating func fade(to now: Instant) {
    guard let start = since else {
      since = now
      return
    }
    let elapsed = (now - start).inSeconds
    guard elapsed >= 0.1 else { return }
    let share = elapsed / (elapsed + Self.period.inSeconds)
    mean += share * (Double(pendingBytes) / elapsed - mean)
    pendingBytes = 0
    since = now
  }
}
