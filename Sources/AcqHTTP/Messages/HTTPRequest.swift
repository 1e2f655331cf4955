/// One request, whole.
public struct HTTPRequest: Sendable {
  /// `GET`, `POST`, …; `GET` for HEAD too, see `isHead`.
  public var method: String
  /// Whether only the headers of the answer are sent: nothing expensive need be made.
  public var isHead: Bool
  /// Percent-decoded, without the query; begins with `/`.
  public var path: String
  /// Decoded names and values, in their order.
  public var query: [(name: String, value: String)]
  /// Header names in lower case, and their values.
  public var headers: [(name: String, value: String)]
  /// At most `HTTPLimits.bodyBytesMax`.
  public var body: [UInt8]
  /// Who connected: a proxy, perhaps.
  public var peer: PeerAddress
  /// The user id at the other end of the Unix socket; nil over TCP.
  public var localUserID: UInt32?
  /// Whether the client has closed the connection, or the server stops: then nobody waits for the answer any more. Cheap
  /// and callable from any thread, at any time, also after the answer: then it says true.
  public var isClientGone: @Sendable () -> Bool

  /// A request; see the properties.
  public init(
    method: String, isHead: Bool = false, path: String, query: [(name: String, value: String)] = [],
    headers: [(name: String, value: String)] = [], body: [UInt8] = [], peer: PeerAddress,
    localUserID: UInt32? = nil, isClientGone: @escaping @Sendable () -> Bool = { false }
  ) {
    self.method = method
    self.isHead = isHead
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
    self.localUserID = localUserID
    self.isClientGone = isClientGone
  }

  /// Whether it came over the Unix socket.
  public var isLocalSocket: Bool { peer == .local }

  /// The first header of that name, in any case.
  public func header(_ name: String) -> String? {
    let lower = name.lowercased()
    return headers.first { $0.name == lower }?.value
  }

  /// All headers of that name, joined by commas as RFC 9110 §5.3 says; nil when there is none.
  public func joinedHeader(_ name: String) -> String? {
    let lower = name.lowercased()
    let values = headers.filter { $0.name == lower }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  /// The first parameter of that name.
  public func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
