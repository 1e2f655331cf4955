/// A moment on the monotonic clock: nanoseconds since an unspecified start. Never compared between machines.
@frozen public struct Instant: Hashable, Comparable, Sendable {
  /// Nanoseconds since the start of the clock.
  public let nanoseconds: Int64

  /// The moment `nanoseconds` after the start of the clock.
  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The earlier moment is the lesser.
  @inlinable public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
  /// The moment `duration` later.
  @inlinable public static func + (a: Instant, duration: Duration) -> Instant {
    Instant(nanoseconds: a.nanoseconds &+ duration.inNanoseconds)
  }
  /// How long after `b` moment `a` is.
  @inlinable public static func - (a: Instant, b: Instant) -> Duration {
    .nanoseconds(a.nanoseconds &- b.nanoseconds)
  }
}

extension Duration {
  /// Whole nanoseconds, clamped to about ±292 years.
  @inlinable public var inNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? (seconds < 0 ? .min : .max) : product &+ attoseconds / 1_000_000_000
  }

  /// Seconds as a floating-point number, for people and rates.
  @inlinable public var inSeconds: Double { Double(inNanoseconds) / 1e9 }
}
