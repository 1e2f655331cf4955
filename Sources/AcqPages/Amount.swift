/// Amounts as people read them.
public enum Amount {
  /// Decimal units, as disks are sold: `412 MB`, `1.3 GB`.
  public static func bytes(_ count: UInt64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(count)
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return "\(unit == 0 || value >= 9.95 ? "\(Int(value.rounded()))" : tenths(value)) \(units[unit])"
  }

  /// How long something takes, roughly: `40 s`, `3 min`, `2.5 h`, `3 days`.
  public static func duration(seconds: Double) -> String {
    if seconds < 1 { return "1 s" }
    if seconds < 99.5 { return "\(Int(seconds.rounded())) s" }
    if seconds < 99.5 * 60 { return "\(Int((seconds / 60).rounded())) min" }
    if seconds < 48 * 3600 { return "\(tenths(seconds / 3600)) h" }
    // A year is long enough to say that it is long; more would not fit an integer either.
    return "\(Int((min(seconds, 1e9) / 86_400).rounded())) days"
  }

  /// How long a recording is, to the second: `0.4 s`, `48 s`, `7:03 min`, `1:02:03 h`.
  public static func length(seconds: Double) -> String {
    if seconds < 9.95 { return "\(tenths(max(0, seconds))) s" }
    let whole = Int(min(seconds, 1e15).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60):\(twoDigits(whole % 60)) min" }
    return "\(whole / 3600):\(twoDigits(whole / 60 % 60)):\(twoDigits(whole % 60)) h"
  }

  /// `0.4 ms`, `37 ms`.
  public static func milliseconds(_ value: Double) -> String {
    value < 9.95 ? "\(tenths(value)) ms" : "\(Int(min(value, 1e15).rounded())) ms"
  }

  /// `1 recording`, `12 recordings`.
  public static func recordings(_ count: Int) -> String { count == 1 ? "1 recording" : "\(count) recordings" }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
