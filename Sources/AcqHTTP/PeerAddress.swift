// In a release build the compiler finds sockaddr through this one; in a debug build through Glibc.
import CMicrohttpd
import Glibc

/// The address of a client, without its port. A v4 address mapped into v6 counts as the v4 one.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 or 16 bytes; empty for a Unix socket.
  public let bytes: [UInt8]

  private init(bytes: [UInt8]) {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    self.bytes = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
  }

  /// The other end of a Unix socket.
  public static let local = PeerAddress(bytes: [])

  /// Nil unless `text` is an IPv4 or IPv6 address (brackets and a zone are taken off).
  public init?(parsing text: some StringProtocol) {
    var text = String(text)
    if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
    if let zone = text.firstIndex(of: "%") { text = String(text[..<zone]) }
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 {
      self.init(bytes: Array(bytes[..<4]))
    } else if inet_pton(AF_INET6, text, &bytes) == 1 {
      self.init(bytes: bytes)
    } else {
      return nil
    }
  }

  /// The address of a C structure; nil for families other than IPv4, IPv6 and Unix.
  init?(_ address: UnsafePointer<sockaddr>) {
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      // SAFETY: the family says that the structure is a sockaddr_in.
      let raw = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self).sin_addr
      self.init(bytes: withUnsafeBytes(of: raw) { Array($0) })
    case AF_INET6:
      // SAFETY: the family says that the structure is a sockaddr_in6.
      let raw = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self).sin6_addr
      self.init(bytes: withUnsafeBytes(of: raw) { Array($0) })
    case AF_UNIX: self = .local
    default: return nil
    }
  }

  /// 127/8, ::1, or a Unix socket.
  public var isLoopback: Bool {
    switch bytes.count {
    case 0: true
    case 4: bytes[0] == 127
    default: bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    }
  }

  /// Loopback, RFC 1918, 100.64/10, link-local and fc00::/7: not the internet.
  public var isPrivate: Bool {
    if isLoopback { return true }
    guard bytes.count == 4 else {
      return bytes[0] & 0xFE == 0xFC || bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    }
    switch (bytes[0], bytes[1]) {
    case (10, _), (192, 168), (169, 254), (172, 16...31), (100, 64...127): return true
    case _: return false
    }
  }

  /// As people write it; `local` for a Unix socket.
  public var description: String {
    guard !bytes.isEmpty else { return "local" }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
      return "unknown"
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Who really asks, when a proxy stands between (product, "HTTP exposure"). Pure.
public enum ForwardedFor {
  /// The client that `header` (X-Forwarded-For, as the proxies wrote it) names, believed only as far as trusted proxies
  /// wrote it: the last address that is no trusted proxy. Nil when a trusted proxy named nobody: a stranger.
  public static func client(
    peer: PeerAddress, header: String?, isTrusted: (PeerAddress) -> Bool
  ) -> PeerAddress? {
    guard isTrusted(peer) else { return peer }
    guard let header else { return nil }
    for part in header.split(separator: ",").reversed() {
      guard let address = PeerAddress(parsing: HeaderText.trimmed(part)) else { return nil }
      if !isTrusted(address) { return address }
    }
    return nil
  }
}
