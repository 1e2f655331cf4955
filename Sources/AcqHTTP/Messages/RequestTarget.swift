import AcqCore

/// The path and query of a request line (RFC 9112 §3.2), decoded strictly: what cannot be read is refused, never guessed.
package struct RequestTarget {
  /// Percent-decoded; begins with `/`, or is `*`.
  package let path: String
  /// Decoded names and values, in their order.
  package let query: [(name: String, value: String)]

  /// Nil for a target that is not origin-form, absolute-form or `*`, for escapes that are not two hexadecimal digits, for
  /// text that is not UTF-8, and for control characters in the path or NUL anywhere.
  package init?(_ target: [UInt8]) {
    let origin = Self.withoutAuthority(target[...])
    let parts = origin.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let path = Self.decode(first, plusIsSpace: false),
      path.first == "/" || path == "*", !path.unicodeScalars.contains(where: Self.isControl)
    else { return nil }
    var query: [(name: String, value: String)] = []
    let pairs = parts.count == 2 ? parts[1].split(separator: UInt8(ascii: "&")) : []
    for pair in pairs {
      let sides = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decode(sides[0], plusIsSpace: true),
        let value = Self.decode(sides.count == 2 ? sides[1] : [], plusIsSpace: true)
      else { return nil }
      query.append((name, value))
    }
    self.path = path
    self.query = query
  }

  /// `http://host/path` is as good as `/path`: servers must accept it.
  private static func withoutAuthority(_ target: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let scheme = Array("http://".utf8)
    guard target.count > scheme.count,
      String(decoding: target.prefix(scheme.count), as: UTF8.self).lowercased() == "http://"
    else { return target }
    let rest = target.dropFirst(scheme.count)
    guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
      return [UInt8(ascii: "/")]
    }
    return rest[end] == UInt8(ascii: "/") ? rest[end...] : [UInt8(ascii: "/")] + rest[end...]
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || scalar.value == 0x7F
  }

  private static func decode(_ text: ArraySlice<UInt8>, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      switch text[index] {
      case UInt8(ascii: "%"):
        guard text.endIndex - index >= 3,
          let byte = Hex.decode(String(decoding: text[index + 1...index + 2], as: UTF8.self))?.first
        else { return nil }
        bytes.append(byte)
        index += 2
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
      case let byte: bytes.append(byte)
      }
      index += 1
    }
    guard !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
