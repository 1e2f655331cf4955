/// Makes text from outside harmless to look at, in pages and terminals alike.
public enum Printable {
  /// Control characters, and those that cannot be seen or turn the writing direction, become `\u{…}`; everything else
  /// stays.
  public static func text(_ text: String) -> String { text.unicodeScalars.map(scalar).joined() }

  static func scalar(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
      0xFFF9...0xFFFB, 0xE0000...0xE007F:
      "\\u{\(String(scalar.value, radix: 16))}"
    case _: String(scalar)
    }
  }

  /// Columns that a terminal gives the text: wide characters (East Asian, emoji) take two, combining ones none.
  static func columns(_ text: String) -> Int { text.reduce(0) { $0 + columns($1) } }

  private static func columns(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    if first.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}") { return 2 }
    switch first.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
      0x20000...0x3FFFD:
      return 2
    case _: return first.properties.generalCategory == .nonspacingMark ? 0 : 1
    }
  }
}
