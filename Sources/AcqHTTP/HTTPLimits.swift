/// Caps of a server, each with its reason. Tests make them smaller.
public struct HTTPLimits: Sendable {
  /// A request's body: forms and small JSON; uploads come with their own route later. Above: 413.
  public var bodyBytesMax = 1 << 20
  /// What is read and thrown away of a larger body, so that the client gets to read the 413.
  public var discardedBytesMax = 16 << 20
  /// Request line, headers and the answer's headers together; above: 431.
  public var connectionBytes = 32 << 10
  /// Open connections of an endpoint; each has a thread.
  public var connectionsMax: UInt32 = 256
  /// From the connection, or the last answer, to the end of a request's headers: a byte now and then does not count.
  public var headSeconds = 20.0
  /// From the end of the headers to the end of the body.
  public var bodySeconds = 60.0
  /// Without a byte that the client took, while an answer is sent.
  public var stallSeconds = 60.0
  /// What `stop` gives requests that are being answered, before it ends them.
  public var graceSeconds = 0.5
  /// What `stop` takes at most, so that a daemon stops within 2 s of SIGTERM.
  public var stopSeconds = 1.5

  /// The product's values.
  public init() {}

  /// Stack of a connection's thread: handlers query databases and render pages. Untouched pages cost nothing.
  static let stackBytes = 1 << 20
  /// Bytes read at once from a file that is sent; every connection holds so many.
  static let pieceBytes = 128 << 10
}
