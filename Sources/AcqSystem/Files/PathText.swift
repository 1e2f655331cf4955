import Glibc

/// File names are bytes; ours are text. Bytes that are not UTF-8 (and the text that stands for them) become
/// scalars U+10FF00 + byte of a private-use plane, so that every file that can exist can be named and opened.
public enum PathText {
  private static let base: UInt32 = 0x10_FF00

  /// The text of a name's bytes; `bytes` gives the same bytes back for every text made here.
  public static func text(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isEscape) {
      return text
    }
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
      let length = min(rest.count, sequenceLength(first))
      let scalar = String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars.first
      if let scalar, !isEscape(scalar) {
        text.unicodeScalars.append(scalar)
        rest = rest.dropFirst(length)
      } else {
        text.unicodeScalars.append(escape(first))
        rest = rest.dropFirst()
      }
    }
    return text
  }

  /// The bytes that `text` stands for.
  public static func bytes(_ text: String) -> [UInt8] {
    guard text.unicodeScalars.contains(where: isEscape) else { return Array(text.utf8) }
    return text.unicodeScalars.flatMap { scalar in
      isEscape(scalar) ? [UInt8(scalar.value - base)] : Array(String(scalar).utf8)
    }
  }

  /// For people and statements: bytes that are not UTF-8 as `%XX` (protocol §4).
  public static func display(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isEscape) else { return text }
    let digits = Array("0123456789ABCDEF")
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      guard isEscape(scalar) else { return result.unicodeScalars.append(scalar) }
      let byte = Int(scalar.value - base)
      result += "%\(digits[byte >> 4])\(digits[byte & 15])"
    }
  }

  private static func isEscape(_ scalar: Unicode.Scalar) -> Bool { scalar.value & ~0xFF == base }

  private static func escape(_ byte: UInt8) -> Unicode.Scalar {
    guard let scalar = Unicode.Scalar(base + UInt32(byte)) else {
      preconditionFailure("plane 16 has scalars")
    }
    return scalar
  }

  private static func sequenceLength(_ first: UInt8) -> Int {
    switch first {
    case 0..<0xC0: 1
    case 0xC0..<0xE0: 2
    case 0xE0..<0xF0: 3
    default: 4
    }
  }
}

/// Calls `body` with `path` as the kernel wants it. A path with a zero byte would be cut short there, and so
/// name another file: `body` is not called, the result is -1 and errno EINVAL.
func withPath(_ path: String, _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
  let bytes = PathText.bytes(path)
  guard !bytes.contains(0) else {
    Errno.set(EINVAL)
    return -1
  }
  return (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { buffer in
    // SAFETY: the array owns `buffer`, which ends with a zero byte, for the duration of the call.
    buffer.baseAddress.map(body) ?? -1
  }
}
