/// Who is at the other end of a connection; ports mean nothing here.
public enum PeerAddress: Hashable, Sendable, CustomStringConvertible {
  /// A TCP connection.
  case ip(IPAddress)
  /// The Unix socket.
  case local

  /// Nil unless `text` is an IPv4 or IPv6 address; brackets, a zone and, behind IPv4 or brackets, a port are taken off,
  /// as proxies write them.
  public init?(parsing text: some StringProtocol) {
    var host = text[...]
    if host.first == "[" {
      guard let end = host.firstIndex(of: "]"), Self.isPort(host[host.index(after: end)...]) else {
        return nil
      }
      host = host[host.index(after: host.startIndex)..<end]
      guard host.contains(":") else { return nil }
    } else if let colon = host.firstIndex(of: ":"), host[..<colon].contains(".") {
      guard Self.isPort(host[colon...]) else { return nil }
      host = host[..<colon]
    }
    guard let address = IPAddress(host) else { return nil }
    self = .ip(address)
  }

  private static func isPort(_ text: some StringProtocol) -> Bool {
    text.isEmpty || text.first == ":" && Digits.value(text.dropFirst()).map { $0 <= 65_535 } == true
  }

  /// The address; nil for the Unix socket.
  public var address: IPAddress? { if case .ip(let address) = self { address } else { nil } }

  /// `127.0.0.0/8`, `::1`, or the Unix socket.
  public var isLoopback: Bool { address?.isLoopback ?? true }

  /// Loopback, RFC 1918, 100.64/10, link-local and fc00::/7, or the Unix socket: not the internet.
  public var isPrivate: Bool { address?.isPrivate ?? true }

  /// Whether the address lies in one of `ranges`; the Unix socket lies in none.
  public func lies(in ranges: [AddressRange]) -> Bool {
    guard let address else { return false }
    return ranges.contains { $0.contains(address) }
  }

  /// As people write it; `local` for the Unix socket.
  public var description: String { address?.description ?? "local" }
}
