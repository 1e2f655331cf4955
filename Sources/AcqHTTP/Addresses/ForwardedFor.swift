/// Who really asks, when a proxy stands between (product, "HTTP exposure"). Pure.
public enum ForwardedFor {
  /// The client: `peer`, or whom a trusted proxy names in `header` (X-Forwarded-For, as it was written): the last address
  /// that is no trusted proxy. Nil for a stranger: a trusted proxy named nobody, or something unreadable, or a proxy that
  /// is not trusted stands between, whose word counts for nothing and whose own address says nothing about the client.
  public static func client(
    peer: PeerAddress, header: String?, isTrusted: (PeerAddress) -> Bool
  ) -> PeerAddress? {
    if peer == .local { return .local }
    guard isTrusted(peer) else { return header == nil ? peer : nil }
    guard let header else { return nil }
    for part in header.split(separator: ",", omittingEmptySubsequences: false).reversed() {
      guard let address = PeerAddress(parsing: HeaderText.trimmed(part)) else { return nil }
      if !isTrusted(address) { return address }
    }
    return nil
  }
}

extension HTTPRequest {
  /// The client as `ForwardedFor.client` judges; nil for a stranger.
  public func client(trustedProxies: [AddressRange]) -> PeerAddress? {
    ForwardedFor.client(peer: peer, header: joinedHeader("X-Forwarded-For")) { $0.lies(in: trustedProxies) }
  }

  /// Whether the client speaks TLS, which only a trusted proxy can know: then cookies may be `Secure`.
  public func isSecure(trustedProxies: [AddressRange]) -> Bool {
    peer.lies(in: trustedProxies) && header("X-Forwarded-Proto")?.lowercased() == "https"
  }
}
