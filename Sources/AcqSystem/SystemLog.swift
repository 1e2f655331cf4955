public import AcqCore
import Glibc

/// Log lines on standard error: readable on a terminal; `<N>message key=value` for journald and other
/// collectors.
public enum SystemLog {
  /// How lines look.
  public enum Format: Hashable, Sendable {
    /// `12:34:56.789 warning: message  key=value` in local time, for people.
    case terminal
    /// `<4>message key=value`, the priorities of sd-daemon(3).
    case journal
  }

  /// Lines of at least `minimum`, each with one write(2), so that a killed process has lost none.
  public static func make(_ minimum: LogLevel) -> Log {
    let format: Format = isatty(STDERR_FILENO) == 1 ? .terminal : .journal
    return Log(minimum: minimum) { level, message, keys in
      let text = line(level, message, keys, format: format, atNs: Clock.wallNs())
      let bytes = Array(text.utf8)
      // A log that cannot be written has nobody to tell.
      _ = retrying { write(STDERR_FILENO, bytes, bytes.count) }
    }
  }

  /// One line with its end. Values with spaces or quotes are quoted; control characters are escaped, so that
  /// a file name cannot forge a line or drive a terminal.
  public static func line(
    _ level: LogLevel, _ message: String, _ keys: Log.Keys, format: Format, atNs: UInt64
  ) -> String {
    let values = keys.map { "\($0.0.rawValue)=\(value($0.1))" }
    switch format {
    case .journal:
      return (["<\(priority(level))>\(escape(message))"] + values).joined(separator: " ") + "\n"
    case .terminal:
      let name = level == .notice ? "" : "\(level.name): "
      let start = "\(timeOfDay(atNs)) \(name)\(escape(message))"
      return ([start] + (values.isEmpty ? [] : [values.joined(separator: " ")])).joined(separator: "  ")
        + "\n"
    }
  }

  private static func priority(_ level: LogLevel) -> Int {
    switch level {
    case .error: 3
    case .warning: 4
    case .notice: 5
    case .debug, .trace: 7
    }
  }

  private static func value(_ text: String) -> String {
    let escaped = escape(text)
    guard escaped.isEmpty || escaped.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else {
      return escaped
    }
    return "\"" + escaped.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
      + "\""
  }

  /// Control characters (C0, C1, line and paragraph separators, and those that turn the direction of text) as
  /// `\u{…}`; backslashes doubled.
  public static func escape(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isEscaped) else { return text }
    var escaped = ""
    for scalar in text.unicodeScalars {
      if scalar == "\\" {
        escaped += "\\\\"
      } else if isEscaped(scalar) {
        escaped += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x5C, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }

  private static func timeOfDay(_ ns: UInt64) -> String {
    let seconds = Int64(ns / 1_000_000_000)
    let local = (seconds + Int64(Clock.localOffsetSeconds(atUnixSeconds: seconds))) % 86_400
    let digits = { (value: Int64, count: Int) in
      String(repeating: "0", count: max(0, count - String(value).count)) + String(value)
    }
    let milliseconds = Int64(ns % 1_000_000_000 / 1_000_000)
    return "\(digits(local / 3600, 2)):\(digits(local / 60 % 60, 2)):\(digits(local % 60, 2))"
      + ".\(digits(milliseconds, 3))"
  }
}
