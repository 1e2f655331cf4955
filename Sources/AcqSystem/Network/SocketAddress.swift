import Glibc

/// An IPv4 or IPv6 address with a port, or the local end of a Unix socket.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  /// The bytes of a `sockaddr_in`, `sockaddr_in6` or `sockaddr_un`.
  let bytes: [UInt8]
  let family: Int32

  init(_ address: UnsafePointer<sockaddr>, length: Int) {
    // SAFETY: the caller owns `length` bytes there; they are copied.
    bytes = Array(UnsafeRawBufferPointer(start: address, count: length))
    family = Int32(address.pointee.sa_family)
  }

  /// The Unix socket at `path`; ENAMETOOLONG over 107 bytes.
  public init(unixPath path: String) throws(Errno) {
    let name = Array(path.utf8)
    // The kernel's sun_path holds 108 bytes, the last for the end mark.
    guard name.count < 108 else { throw Errno(code: ENAMETOOLONG, call: "bind", path: path) }
    family = AF_UNIX
    bytes = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + name + [0]
  }

  /// All addresses of a name, an IPv4 or an IPv6 address (with zone), in the order to try them. Asks the
  /// resolver, and so may take seconds for names; literal addresses take none. `host` nil or empty: every
  /// address of this machine, IPv6 first (for listeners).
  public static func resolve(_ host: String?, port: UInt16) throws(Errno) -> [SocketAddress] {
    let node = host.flatMap { $0.isEmpty || $0 == "*" ? nil : $0 }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (node == nil ? AI_PASSIVE : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(node, String(port), &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else {
      let kind =
        switch code {
        case EAI_SYSTEM: Errno.lastCode
        case EAI_AGAIN: EAGAIN
        default: EADDRNOTAVAIL
        }
      let reason = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
      throw Errno(code: kind, call: "resolve", path: "\(host ?? "*") (\(reason))")
    }
    var addresses: [SocketAddress] = []
    var next = list
    // SAFETY: getaddrinfo's list is ours until freeaddrinfo.
    while let entry = next {
      if let address = entry.pointee.ai_addr {
        addresses.append(SocketAddress(address, length: Int(entry.pointee.ai_addrlen)))
      }
      next = entry.pointee.ai_next
    }
    guard node == nil else { return addresses }
    return addresses.filter { $0.family == AF_INET6 } + addresses.filter { $0.family != AF_INET6 }
  }

  /// Calls `body` with the address as the kernel wants it.
  func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    // sockaddr wants the alignment of its first field; storage has that of the widest.
    withUnsafeTemporaryAllocation(byteCount: bytes.count, alignment: 8) { buffer in
      buffer.copyBytes(from: bytes)
      // SAFETY: `buffer` holds the bytes of one address for the duration of the call, aligned for any of
      // them.
      guard let address = buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
      return body(UnsafePointer(address), socklen_t(bytes.count))
    }
  }

  /// The address without port as text: `192.168.1.4`, `fe80::1%eth0`; IPv4 inside IPv6 is shown as IPv4.
  /// Empty for a Unix socket.
  public var host: String {
    guard family != AF_UNIX else { return "" }
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = withPointer {
      getnameinfo($0, $1, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    }
    guard code == 0 else { return "?" }
    let host = text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "?" }
    return host.hasPrefix("::ffff:") && host.contains(".") ? String(host.dropFirst(7)) : host
  }

  /// The port; 0 for a Unix socket.
  public var port: UInt16 {
    guard family != AF_UNIX, bytes.count >= 4 else { return 0 }
    return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
  }

  /// Whether it is this machine talking to itself.
  public var isLoopback: Bool { family == AF_UNIX || host == "::1" || host.hasPrefix("127.") }

  /// `host:port`, with brackets around IPv6; `unix` for a Unix socket.
  public var description: String {
    family == AF_UNIX ? "unix" : HostPort(host: host, port: port).description
  }
}

/// A host and a port as people write them: `cloud.example:7700`, `10.0.0.4:7700`, `[fe80::1%wlan0]:7700`.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
  /// A name or address, without brackets; empty for "every address of this machine".
  public let host: String
  /// The port.
  public let port: UInt16

  /// A host and a port.
  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `host:port`, `[v6]:port`, `:port`, and with a default also a host alone. Nil for anything else.
  public init?(parsing text: String, defaultPort: UInt16? = nil) {
    guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }), text.utf8.count <= 300 else { return nil }
    let (host, rest): (Substring, Substring)
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard host.contains(":") else { return nil }
    } else if text.count(where: { $0 == ":" }) > 1 {
      // An IPv6 address without brackets: where it ends and a port begins cannot be told, so it has no port.
      (host, rest) = (text[...], "")
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      (host, rest) = (text[..<colon], text[colon...])
    }
    if rest.isEmpty {
      guard let defaultPort, !host.isEmpty else { return nil }
      self.init(host: String(host), port: defaultPort)
    } else {
      guard rest.first == ":", rest.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }),
        let port = UInt16(rest.dropFirst())
      else { return nil }
      self.init(host: String(host), port: port)
    }
  }

  /// As it is read, with brackets where they are needed.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
