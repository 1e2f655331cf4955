/// A literal IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable {
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

/// Addresses that share their first bits, such as `10.0.0.0/8`.
public struct AddressRange: Hashable, Sendable {
  private let address: IPAddress
  private let prefixBits: Int
  /// As it was written.
  public let text: String

  /// `ADDRESS/BITS` or one address; nil when it is not, or when bits are set behind the prefix.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(parts[0]) else { return nil }
    var bits = address.bytes.count * 8
    if parts.count == 2 {
      guard parts[1].count <= 3, parts[1].allSatisfy(\.isNumber), let given = Int(parts[1]), given <= bits
      else { return nil }
      bits = given
    }
    self.address = address
    prefixBits = bits
    self.text = String(text)
    let rest = (bits..<address.bytes.count * 8).contains { Self.bit($0, of: address) }
    if rest { return nil }
  }

  /// Whether `other` lies in the range; IPv4 never lies in one of IPv6.
  public func contains(_ other: IPAddress) -> Bool {
    guard other.bytes.count == address.bytes.count else { return false }
    return (0..<prefixBits).allSatisfy { Self.bit($0, of: other) == Self.bit($0, of: address) }
  }

  private static func bit(_ index: Int, of address: IPAddress) -> Bool {
    address.bytes[index >> 3] >> UInt8(7 - index & 7) & 1 == 1
  }

  /// Loopback, RFC 1918, 100.64/10 (WireGuard's neighbours use it), link-local, and IPv6's private range: where no
  /// stranger of the internet is.
  public static let privateRanges: [AddressRange] = [
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
    "::1", "fe80::/10", "fc00::/7",
  ].compactMap { AddressRange($0) }
}
