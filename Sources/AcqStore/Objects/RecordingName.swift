/// Names for people below recordings/: derived from what other nodes and recorders call their files, so
/// cleaned.
public enum RecordingName {
  /// Longest name, in bytes (protocol §9): leaves room for the hash that a second file of that name gets, and
  /// for what people append.
  public static let bytesMax = 200

  /// `name` without control and direction characters, slashes and leading dots, at most 200 bytes of UTF-8
  /// with its suffix kept; `recording.mcap` if nothing is left.
  public static func clean(_ name: String) -> String {
    var scalars = name.unicodeScalars.filter { !isRefused($0) }[...]
    while let first = scalars.first, first == "." || first == " " { scalars = scalars.dropFirst() }
    let cleaned = String(String.UnicodeScalarView(scalars))
    guard !cleaned.isEmpty else { return "recording.mcap" }
    let (stem, suffix) = split(cleaned)
    return cut(stem, toBytes: bytesMax - suffix.utf8.count) + suffix
  }

  /// The name of a second file that would be called `name`: `<stem>.<mark>.mcap`.
  public static func marked(_ name: String, with mark: String) -> String {
    let (stem, suffix) = split(name)
    return cut(stem, toBytes: bytesMax - suffix.utf8.count - mark.utf8.count - 1) + "." + mark + suffix
  }

  /// The suffix begins at the last dot, if it is short; a name that is all suffix has none.
  private static func split(_ name: String) -> (stem: String, suffix: String) {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex, name[dot...].utf8.count <= 16 else {
      return (name, "")
    }
    return (String(name[..<dot]), String(name[dot...]))
  }

  private static func cut(_ text: String, toBytes limit: Int) -> String {
    var bytes = 0
    return String(
      text.prefix { character in
        bytes += character.utf8.count
        return bytes <= limit
      })
  }

  private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x2F, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF,
      0x10_FF00...0x10_FFFF:
      true
    default: false
    }
  }
}
