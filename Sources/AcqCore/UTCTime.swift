/// A moment in UTC, split into calendar fields (proleptic Gregorian, RFC 3339). Pure arithmetic, no time zones.
public struct UTCTime: Hashable, Sendable {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public let nanoseconds: UInt64

  /// The moment `nanoseconds` after 1970 began.
  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  private static let nanosecondsPerSecond: UInt64 = 1_000_000_000
  private static let secondsPerDay: UInt64 = 86_400

  /// Year, month 1–12 and day 1–31.
  public var date: (year: Int, month: Int, day: Int) {
    // Howard Hinnant's civil-from-days, for days since 1970, shifted to eras that begin on 1 March 0000.
    let days = Int(nanoseconds / Self.nanosecondsPerSecond / Self.secondsPerDay) + 719_468
    let era = days / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  /// `2026-11-23`.
  public var dateText: String {
    let date = date
    return "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))"
  }

  /// `21:58:03`.
  public var clockText: String {
    let second = Int(nanoseconds / Self.nanosecondsPerSecond % Self.secondsPerDay)
    return
      "\(Self.padded(second / 3600, 2)):\(Self.padded(second / 60 % 60, 2)):\(Self.padded(second % 60, 2))"
  }

  /// RFC 3339 with nine decimals: `2026-11-23T21:58:03.000000001Z`.
  public var text: String {
    "\(dateText)T\(clockText).\(Self.padded(Int(nanoseconds % Self.nanosecondsPerSecond), 9))Z"
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  /// Reads RFC 3339: date, `T` or space, time, up to nine decimals, `Z` or `±hh:mm`; a date alone is its first moment in
  /// UTC. Nil for anything else, for impossible dates, and for moments before 1970 or after 2554.
  public init?(parsing text: some StringProtocol) {
    var scanner = Scanner(bytes: Array(text.utf8))
    guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2), scanner.take("-"),
      let day = scanner.digits(2), (1...12).contains(month), day >= 1, day <= Self.daysIn(month, of: year)
    else { return nil }
    var seconds = Self.days(year, month, day) * Int(Self.secondsPerDay)
    var fraction = 0
    if !scanner.isAtEnd {
      guard scanner.take("T") || scanner.take("t") || scanner.take(" "), let hour = scanner.digits(2),
        hour < 24,
        scanner.take(":"), let minute = scanner.digits(2), minute < 60, scanner.take(":"),
        let second = scanner.digits(2), second <= 60
      else { return nil }
      if scanner.take(".") {
        guard let nanoseconds = scanner.fraction() else { return nil }
        fraction = nanoseconds
      }
      guard let offset = scanner.zoneOffsetSeconds(), scanner.isAtEnd else { return nil }
      seconds += hour * 3600 + minute * 60 + second - offset
    }
    guard seconds >= 0, UInt64(seconds) < UInt64.max / Self.nanosecondsPerSecond else { return nil }
    nanoseconds = UInt64(seconds) * Self.nanosecondsPerSecond + UInt64(fraction)
  }

  private static func daysIn(_ month: Int, of year: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Days since 1970; negative before.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private struct Scanner {
    let bytes: [UInt8]
    var offset = 0

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
      offset += 1
      return true
    }

    mutating func digits(_ count: Int) -> Int? {
      guard offset + count <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[offset..<offset + count] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      offset += count
      return value
    }

    /// One to nine decimals as nanoseconds.
    mutating func fraction() -> Int? {
      var value = 0
      var count = 0
      while count < 9, let digit = digits(1) {
        value = value * 10 + digit
        count += 1
      }
      guard count > 0 else { return nil }
      for _ in count..<9 { value *= 10 }
      return value
    }

    mutating func zoneOffsetSeconds() -> Int? {
      if take("Z") || take("z") { return 0 }
      let sign = take("+") ? 1 : take("-") ? -1 : 0
      guard sign != 0, let hour = digits(2), hour < 24, take(":"), let minute = digits(2), minute < 60 else {
        return nil
      }
      return sign * (hour * 3600 + minute * 60)
    }
  }
}
