public import AcqCore

/// A client over libcurl, for TCP and Unix sockets. A value: every request is a connection of its own, so any thread may
/// use it. Redirects are not followed, proxies of the environment not used.
public struct HTTPClient: Sendable {
  /// An answer.
  public struct Response: Sendable {
    /// The status code.
    public var status: Int
    /// Header names in lower case, and their values.
    public var headers: [(name: String, value: String)]
    /// The body; empty when it went into a sink.
    public var body: [UInt8]

    /// The first header of that name, in any case.
    public func header(_ name: String) -> String? {
      let lower = name.lowercased()
      return headers.first { $0.name == lower }?.value
    }
  }

  /// Largest body that is kept in memory, unless the caller says otherwise: a status of a large team.
  public static let bodyBytesMax = 64 << 20

  private let socketPath: String?
  private let origin: String

  /// Talks to a server's Unix socket.
  public init(unixSocket path: String) {
    socketPath = path
    origin = "http://localhost"
  }

  /// Talks to a host: a name or an address.
  public init(host: String, port: UInt16) {
    socketPath = nil
    origin = host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
  }

  /// `GET`. `path` begins with `/` and is encoded; headers are `Name: value`. Throws for everything but a whole answer,
  /// whatever its status.
  public func get(
    _ path: String, headers: [String] = [], timeoutSeconds: Int = 60, limitBytes: Int = bodyBytesMax
  ) throws(HTTPError) -> Response {
    try send("GET", path, headers: headers, timeoutSeconds: timeoutSeconds, limitBytes: limitBytes)
  }

  /// `HEAD`.
  public func head(_ path: String, headers: [String] = [], timeoutSeconds: Int = 60) throws(HTTPError)
    -> Response
  {
    try send("HEAD", path, headers: headers, timeoutSeconds: timeoutSeconds)
  }

  /// `POST`.
  public func post(
    _ path: String, body: [UInt8] = [], contentType: String = "application/json", headers: [String] = [],
    timeoutSeconds: Int = 60, limitBytes: Int = bodyBytesMax
  ) throws(HTTPError) -> Response {
    try send(
      "POST", path, headers: ["Content-Type: \(contentType)"] + headers, body: body,
      timeoutSeconds: timeoutSeconds, limitBytes: limitBytes)
  }

  /// Any method; `timeoutSeconds` is for the whole exchange.
  public func send(
    _ method: String, _ path: String, headers: [String] = [], body: [UInt8]? = nil,
    timeoutSeconds: Int = 60,
    limitBytes: Int = bodyBytesMax
  ) throws(HTTPError) -> Response {
    var sink = LimitedSink(limitBytes: limitBytes)
    var request = Transfer.Request(
      method: method, url: origin + path, socketPath: socketPath, headers: headers)
    request.body = body
    request.timeoutSeconds = Double(timeoutSeconds)
    do throws(HTTPError) {
      var response = try Transfer.perform(request, isCancelled: { false }, to: &sink)
      response.body += sink.bytes
      return response
    } catch {
      guard !sink.isTooLarge else {
        throw HTTPError(.tooLarge, "\(path): the answer has more than \(limitBytes) bytes")
      }
      throw error
    }
  }

  /// `GET` whose body goes into `sink` while it comes when the status is one of success, and into the response otherwise.
  /// There is no limit to the time, but to the time without a byte.
  public func download(
    _ path: String, headers: [String] = [], stallSeconds: Double = 60,
    isCancelled: @escaping () -> Bool = { false }, to sink: inout some ByteSink
  ) throws(HTTPError) -> Response {
    var request = Transfer.Request(
      method: "GET", url: origin + path, socketPath: socketPath, headers: headers)
    request.stallSeconds = stallSeconds
    return try Transfer.perform(request, isCancelled: isCancelled, to: &sink)
  }
}

/// Keeps a body in memory, up to a limit.
private struct LimitedSink: ByteSink {
  struct Full: Error {}

  let limitBytes: Int
  var bytes: [UInt8] = []
  var isTooLarge = false

  init(limitBytes: Int) { self.limitBytes = limitBytes }

  mutating func write(_ more: ArraySlice<UInt8>) throws {
    guard more.count <= limitBytes - bytes.count else {
      isTooLarge = true
      throw Full()
    }
    bytes.append(contentsOf: more)
  }
}
