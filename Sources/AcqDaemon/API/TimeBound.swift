import AcqCore

/// A `start` or `end` of a URL (product, "URLs"): RFC 3339, integer nanoseconds, `10s` after the first or `-10s` before
/// the last message.
package enum TimeBound: Hashable {
  /// Nanoseconds since 1970.
  case absolute(UInt64)
  /// Nanoseconds after the recording's first message.
  case afterFirst(UInt64)
  /// Nanoseconds before the recording's last message.
  case beforeLast(UInt64)

  /// Nil when the text is none of the four forms.
  package init?(parsing text: String) {
    if let nanoseconds = UInt64(text) {
      self = .absolute(nanoseconds)
    } else if text.hasSuffix("s"), let seconds = Double(text.dropLast()), seconds.isFinite, abs(seconds) < 1e9
    {
      let nanoseconds = UInt64((abs(seconds) * 1e9).rounded())
      self = text.hasPrefix("-") ? .beforeLast(nanoseconds) : .afterFirst(nanoseconds)
    } else if let time = UTCTime(parsing: text) {
      self = .absolute(time.nanoseconds)
    } else {
      return nil
    }
  }

  /// The moment in a recording from `startNs` to `endNs`; clamped, never wrapping.
  package func resolve(startNs: UInt64, endNs: UInt64) -> UInt64 {
    switch self {
    case .absolute(let nanoseconds): return nanoseconds
    case .afterFirst(let nanoseconds):
      let (sum, overflow) = startNs.addingReportingOverflow(nanoseconds)
      return overflow ? .max : sum
    case .beforeLast(let nanoseconds): return endNs > nanoseconds ? endNs - nanoseconds : 0
    }
  }
}
