/// Why serving or asking failed.
public struct HTTPError: Error, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// An address or a socket cannot be served.
    case cannotListen
    /// Nobody answers there.
    case unreachable
    /// The answer did not come whole in time.
    case timedOut
    /// The answer is larger than the caller takes.
    case tooLarge
    /// Anything else that libcurl met.
    case failed
  }
  /// What went wrong.
  public let kind: Kind
  /// One line for people.
  public let reason: String

  init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// `http: reason`.
  public var description: String { "http: \(reason)" }
}

/// Caps of the server and client, each with its reason.
public enum HTTPLimits {
  /// A request's body: forms and small JSON; uploads come with their own route later.
  public static let bodyBytesMax = 1 << 20
  /// Request line and headers together, and what the connection needs besides.
  static let connectionBytes = 64 << 10
  /// Open connections of an endpoint; each has a thread.
  static let connectionsMax: UInt32 = 512
  /// Idle seconds after which a connection is closed.
  static let idleSeconds: UInt32 = 30
  /// Stack of a connection's thread: handlers query databases and render pages.
  static let stackBytes = 1 << 20
  /// Bytes read at once from a file that is sent.
  static let pieceBytes = 256 << 10
}
