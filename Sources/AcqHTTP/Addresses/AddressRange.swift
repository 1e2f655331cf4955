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
