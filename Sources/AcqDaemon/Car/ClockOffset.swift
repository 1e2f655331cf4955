import AcqCore

/// How wrong a recording's times are (protocol §11). Pure.
enum ClockOffset {
  /// A moment of the origin's clock, corrected by `offsetMs`; unchanged without one, clamped at 1970.
  static func apply(_ offsetMs: Int64?, to timeNs: UInt64) -> UInt64 {
    guard let offsetMs else { return timeNs }
    let (shift, overflow) = offsetMs.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow else { return timeNs }
    let magnitude = shift.magnitude
    if shift < 0 { return timeNs > magnitude ? timeNs - magnitude : 0 }
    let (sum, isTooLarge) = timeNs.addingReportingOverflow(magnitude)
    return isTooLarge ? timeNs : sum
  }
}
