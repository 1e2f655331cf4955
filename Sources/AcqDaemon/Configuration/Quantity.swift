/// Sizes, times and shares as people write them: a number and a unit.
public enum Quantity {
  private static let sizeUnits: [(String, UInt64)] = [
    ("B", 1), ("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
  ]
  private static let timeUnits: [(String, Double)] = [
    ("ms", 0.001), ("s", 1), ("min", 60), ("h", 3600), ("d", 86400),
  ]

  /// `2 GiB`, `500 MB`, `0`: nil when it is not a size below 2^63 bytes.
  public static func sizeBytes(_ text: some StringProtocol) -> UInt64? {
    guard let (number, unit) = split(text) else { return nil }
    if unit.isEmpty { return number == 0 ? 0 : nil }
    guard let factor = sizeUnits.first(where: { $0.0 == unit })?.1 else { return nil }
    let bytes = number * Double(factor)
    return bytes < 0x1p63 ? UInt64(bytes) : nil
  }

  /// `10 s`, `1.5 h`: nil when it is not a time below a thousand years.
  public static func duration(_ text: some StringProtocol) -> Duration? {
    guard let (number, unit) = split(text), let factor = timeUnits.first(where: { $0.0 == unit })?.1 else {
      return nil
    }
    let seconds = number * factor
    return seconds < 31_557_600_000 ? .seconds(seconds) : nil
  }

  /// `10 %`: nil when it is not a share of 0 to 100.
  public static func percent(_ text: some StringProtocol) -> Double? {
    guard let (number, unit) = split(text), unit == "%", number <= 100 else { return nil }
    return number
  }

  /// A decimal number (digits, at most one point between digits) and what follows it.
  private static func split(_ text: some StringProtocol) -> (Double, String)? {
    let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
    guard digits.first != ".", digits.last != ".", let number = Double(digits), digits.count <= 18 else {
      return nil
    }
    return (number, String(text.dropFirst(digits.count).drop { $0 == " " }))
  }
}
