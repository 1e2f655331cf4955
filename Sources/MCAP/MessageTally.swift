/// Counts messages and keeps their least and greatest log time.
struct MessageTally {
  private(set) var count: UInt64 = 0
  private var least = UInt64.max
  private var greatest = UInt64.min

  @inline(__always)
  mutating func add(_ logTimeNs: UInt64) {
    count += 1
    least = min(least, logTimeNs)
    greatest = max(greatest, logTimeNs)
  }

  /// Nil without messages.
  var times: ClosedRange<UInt64>? { count > 0 ? least...greatest : nil }
}
