/// A literal IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 or 16 bytes, most significant first.
  public let bytes: [UInt8]

  /// An address of 4 or 16 bytes; IPv4 inside IPv6 (`::ffff:0:0/96`) becomes IPv4, so that rules are written once.
  public init?(bytes: [UInt8]) {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
    switch bytes.count {
    case 4: self.bytes = bytes
    case 16: self.bytes = bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    default: return nil
    }
  }

  /// Nil unless `text` is `192.0.2.1` or an IPv6 address without brackets; a zone (`%eth0`) is ignored.
  public init?(_ text: some StringProtocol) {
    let address = text.prefix { $0 != "%" }
    guard let bytes = address.contains(":") ? Self.parse6(address) : Self.parse4(address) else { return nil }
    self.init(bytes: bytes)
  }

  private static func parse4(_ text: some StringProtocol) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      // A leading zero means octal to some programs: refused, so that nobody is surprised.
      guard part.count <= 3, part == "0" || part.first != "0", part.allSatisfy(\.isASCII),
        part.first != "+", let byte = UInt8(part)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func parse6(_ text: some StringProtocol) -> [UInt8]? {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2, let head = groups(halves[0], mayEndIn4: halves.count == 1) else { return nil }
    guard halves.count == 2 else { return head.count == 16 ? head : nil }
    guard let tail = groups(halves[1], mayEndIn4: true) else { return nil }
    let missing = 16 - head.count - tail.count
    // `::` stands for at least one group.
    return missing >= 2 ? head + [UInt8](repeating: 0, count: missing) + tail : nil
  }

  /// The bytes of groups with one colon between them.
  private static func groups(_ text: some StringProtocol, mayEndIn4: Bool) -> [UInt8]? {
    if text.isEmpty { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var bytes: [UInt8] = []
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      guard let group = group6(part, mayBe4: mayEndIn4 && isLast) else { return nil }
      bytes += group
    }
    return bytes
  }

  private static func group6(_ group: some StringProtocol, mayBe4: Bool) -> [UInt8]? {
    if mayBe4, group.contains(".") { return parse4(group) }
    guard (1...4).contains(group.count), group.allSatisfy(\.isHexDigit), let value = UInt16(group, radix: 16)
    else {
      return nil
    }
    return [UInt8(value >> 8), UInt8(value & 0xff)]
  }
}

extension IPAddress {
  /// `127.0.0.0/8` or `::1`.
  public var isLoopback: Bool {
    bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
  }

  /// Loopback, RFC 1918, 100.64/10, link-local and fc00::/7: not the internet.
  public var isPrivate: Bool { AddressRange.privateRanges.contains { $0.contains(self) } }

  /// As people write it: RFC 5952 for IPv6.
  public var description: String {
    guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
    let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
    let zeros = Self.longestZeros(groups)
    let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
    // One zero group alone is written out (RFC 5952 §4.2.2).
    guard zeros.count >= 2 else { return text(groups[...]) }
    return text(groups[..<zeros.lowerBound]) + "::" + text(groups[zeros.upperBound...])
  }

  private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
    var longest = 0..<0
    var start = 0
    for (index, group) in groups.enumerated() {
      if group != 0 {
        start = index + 1
      } else if index + 1 - start > longest.count {
        longest = start..<index + 1
      }
    }
    return longest
  }
}
