import AcqCore

/// Small things about header values.
enum HeaderText {
  /// Without spaces and tabs at both ends.
  static func trimmed(_ text: some StringProtocol) -> String {
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    return String(String(text.drop(while: isSpace).reversed()).drop(while: isSpace).reversed())
  }

  /// Without what would end a header or hide in it: values are ours, but names of recordings go into some of them.
  static func clean(_ value: String) -> String {
    String(
      String.UnicodeScalarView(value.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }
}

/// Decimal numbers, read strictly: digits only, no sign.
enum Digits {
  /// Nil unless `text` is one or more digits whose value fits.
  static func value(_ text: some StringProtocol) -> UInt64? {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    return UInt64(text)
  }
}

/// The Content-Disposition header (RFC 6266).
public enum Disposition {
  /// Saves under `name`: an ASCII form for old clients, and the whole name as RFC 8187 says.
  public static func attachment(_ name: String) -> String {
    let plain = String(name.unicodeScalars.map { isPlain($0) ? Character($0) : "_" })
    let encoded = name.utf8.map { byte -> String in
      let scalar = Unicode.Scalar(byte)
      return isToken(scalar) ? String(scalar) : "%" + Hex.encode([byte]).uppercased()
    }.joined()
    return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(encoded)"
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    // Some clients decode percent signs in the plain form too.
    (0x20..<0x7F).contains(scalar.value) && !["\"", "\\", "/", "%"].contains(scalar)
  }

  private static func isToken(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": true
    case _: false
    }
  }
}
