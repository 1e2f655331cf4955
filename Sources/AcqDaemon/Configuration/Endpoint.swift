public import AcqCore
public import AcqHTTP

/// Where a server listens or a peer is dialled.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// A literal address without brackets, a name, or `*` for every address of the machine.
  public let host: String
  /// 1 to 65535; 0 where a free port is meant (only when listening).
  public let port: UInt16

  /// An endpoint.
  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// `HOST:PORT`, `[IPV6]:PORT` or `*:PORT`; without `:PORT` the port is `defaultPort`, where there is one.
  public init?(_ text: some StringProtocol, defaultPort: UInt16? = nil) {
    var host = text[...]
    var portText: Substring?
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<close]
      let rest = text[text.index(after: close)...]
      guard rest.isEmpty || rest.first == ":" else { return nil }
      portText = rest.isEmpty ? nil : Substring(rest.dropFirst())
      guard IPAddress(host)?.bytes.count == 16 || host.contains(":") else { return nil }
    } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
      host = text[..<colon]
      portText = Substring(text[text.index(after: colon)...])
    }
    guard Self.isHost(host) else { return nil }
    self.host = String(host)
    if let portText {
      guard (1...5).contains(portText.count), portText.allSatisfy({ ("0"..."9").contains($0) }),
        let port = UInt16(portText)
      else { return nil }
      self.port = port
    } else {
      guard let defaultPort else { return nil }
      port = defaultPort
    }
  }

  private static func isHost(_ text: some StringProtocol) -> Bool {
    if text == "*" || IPAddress(text) != nil { return true }
    // Four numbers that are no address are a typing error, not a name.
    let isName = (1...253).contains(text.count) && !text.allSatisfy { $0 == "." || $0.isNumber }
    return isName
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "_") }
  }

  /// The literal address, nil for a name and for `*`.
  public var address: IPAddress? { IPAddress(host) }

  /// Whether it stands for every address of the machine.
  public var isWildcard: Bool { host == "*" || address.map { $0.bytes.allSatisfy { $0 == 0 } } ?? false }

  /// As it can be read again.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension Role {
  /// Default port of the replication protocol.
  public var replicationPort: UInt16 {
    switch self {
    case .car: 7461
    case .base: 7462
    case .cloud: 7463
    }
  }

  /// Default port of pages and HTTP API.
  public var httpPort: UInt16 {
    switch self {
    case .car: 8461
    case .base: 8462
    case .cloud: 8463
    }
  }
}
