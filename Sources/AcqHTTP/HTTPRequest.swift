public import AcqCore

/// One request, whole.
public struct HTTPRequest: Sendable {
  /// `GET`, `HEAD`, `POST`, …
  public var method: String
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
  /// Whether the client has closed the connection, or the server stops: then nobody waits for the answer any more.
  public var isClientGone: @Sendable () -> Bool

  /// A request; see the properties.
  public init(
    method: String, path: String, query: [(name: String, value: String)] = [],
    headers: [(name: String, value: String)] = [], body: [UInt8] = [], peer: PeerAddress,
    isClientGone: @escaping @Sendable () -> Bool = { false }
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
    self.isClientGone = isClientGone
  }

  /// Whether it came over the Unix socket.
  public var isLocalSocket: Bool { peer == .local }

  /// The first header of that name, in any case.
  public func header(_ name: String) -> String? {
    let lower = name.lowercased()
    return headers.first { $0.name == lower }?.value
  }

  /// The first parameter of that name.
  public func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

/// One answer.
public struct HTTPResponse: Sendable {
  enum Body: Sendable {
    case bytes([UInt8])
    /// A range of a source: offset and count.
    case source(any ByteSource & Sendable, offset: UInt64, count: UInt64)
    case file(FileAnswer)
  }

  struct FileAnswer: Sendable {
    let source: any ByteSource & Sendable
    let etag: String
  }

  /// The status code.
  public var status: Int
  /// Names and values.
  public var headers: [(name: String, value: String)]
  var body: Body

  init(_ status: Int, headers: [(name: String, value: String)], body: Body) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Bytes of a content type.
  public static func bytes(_ status: Int, _ bytes: [UInt8], contentType: String) -> HTTPResponse {
    HTTPResponse(status, headers: [("Content-Type", contentType)], body: .bytes(bytes))
  }

  /// A JSON value.
  public static func json(_ status: Int, _ value: JSON) -> HTTPResponse {
    bytes(status, value.utf8, contentType: "application/json")
  }

  /// Plain text.
  public static func text(_ status: Int, _ text: String) -> HTTPResponse {
    bytes(status, Array(text.utf8), contentType: "text/plain; charset=utf-8")
  }

  /// A page. The policy lets it load styles and images of this server and nothing else.
  public static func html(_ status: Int, _ text: String) -> HTTPResponse {
    var response = bytes(status, Array(text.utf8), contentType: "text/html; charset=utf-8")
    response.headers.append(
      (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
          + "frame-ancestors 'none'"
      ))
    return response
  }

  /// An error as RFC 9457 says: `title` for the kind, `detail` for this case and what to do.
  public static func problem(
    _ status: Int, _ title: String, _ detail: String, headers: [(name: String, value: String)] = []
  ) -> HTTPResponse {
    let body = JSON.members([
      "type": .string("about:blank"), "title": .string(title), "status": .integer(status),
      "detail": .string(detail),
    ])
    var response = bytes(status, body.utf8, contentType: "application/problem+json")
    response.headers += headers
    return response
  }

  /// A file: ranges, conditional requests and HEAD are answered by the server; it is read while it is sent, so a
  /// client that leaves after the headers costs no reading. `etag` names the bytes.
  public static func file(
    _ source: any ByteSource & Sendable, contentType: String, etag: String, fileName: String?,
    isImmutable: Bool,
    allowsCrossOrigin: Bool
  ) -> HTTPResponse {
    var headers: [(name: String, value: String)] = [
      ("Content-Type", contentType), ("ETag", "\"\(etag)\""), ("Accept-Ranges", "bytes"),
      ("Cache-Control", isImmutable ? "private, max-age=31536000, immutable" : "private, no-cache"),
    ]
    if let fileName { headers.append(("Content-Disposition", Disposition.attachment(fileName))) }
    if allowsCrossOrigin {
      headers.append(("Access-Control-Allow-Origin", "*"))
      headers.append(("Access-Control-Expose-Headers", "ETag, Accept-Ranges, Content-Range, Content-Length"))
    }
    return HTTPResponse(200, headers: headers, body: .file(FileAnswer(source: source, etag: etag)))
  }
}

/// The Content-Disposition header (RFC 6266).
public enum Disposition {
  /// Saves under `name`: an ASCII form for old clients, and the whole name as RFC 8187 says.
  public static func attachment(_ name: String) -> String {
    let plain = String(name.unicodeScalars.map { isPlain($0) ? Character($0) : "_" })
    let encoded = name.utf8.map { byte -> String in
      let scalar = Unicode.Scalar(byte)
      return isToken(scalar) ? String(scalar) : "%" + Hex.encode([byte]).uppercased()
    }.joined()
    return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(encoded)"
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    (0x20..<0x7F).contains(scalar.value) && scalar != "\"" && scalar != "\\" && scalar != "/"
  }

  private static func isToken(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": true
    case _: false
    }
  }
}
