public import AcqCore

/// One answer.
public struct HTTPResponse: Sendable {
  enum Body: Sendable {
    case bytes([UInt8])
    /// A range of a source: offset and count.
    case source(any ByteSource & Sendable, offset: UInt64, count: UInt64)
    case file(FileAnswer)
    case stream(StreamAnswer)
  }

  struct FileAnswer: Sendable {
    let source: any ByteSource & Sendable
    let etag: String
  }

  struct StreamAnswer: Sendable {
    let sizeBytes: UInt64?
    let next: @Sendable (_ countMax: Int) throws -> [UInt8]
    let end: @Sendable (_ isComplete: Bool) -> Void
  }

  /// The status code.
  public var status: Int
  /// Names and values. `X-Content-Type-Options` and `Referrer-Policy` are added to every answer, and `Cache-Control:
  /// no-store` where none is named.
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
    response.headers.append(("Content-Security-Policy", SecurityPolicy.page))
    return response
  }

  /// Sends the client elsewhere on this server: `path` begins with one `/`.
  public static func redirect(_ status: Int = 303, to path: String) -> HTTPResponse {
    precondition(path.first == "/" && !path.hasPrefix("//"), "a redirect stays on this server")
    return HTTPResponse(status, headers: [("Location", path)], body: .bytes([]))
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

  /// A file of the pages, compiled into the program: asked for again each time, sent when it is another one.
  public static func asset(_ bytes: [UInt8], contentType: String) -> HTTPResponse {
    .file(
      BytesSource(bytes: bytes), contentType: contentType,
      etag: "\(String(CRC32.checksum(bytes), radix: 16))-\(bytes.count)", fileName: nil, isImmutable: false,
      allowsCrossOrigin: false)
  }

  /// A file: ranges, conditional requests and HEAD are answered by the server; it is read while it is sent, so a
  /// client that leaves after the headers costs no reading. `etag` names the bytes.
  public static func file(
    _ source: any ByteSource & Sendable, contentType: String, etag: String, fileName: String?,
    isImmutable: Bool, allowsCrossOrigin: Bool
  ) -> HTTPResponse {
    var headers: [(name: String, value: String)] = [
      ("Content-Type", contentType), ("ETag", "\"\(etag)\""), ("Accept-Ranges", "bytes"),
      ("Cache-Control", isImmutable ? "private, max-age=31536000, immutable" : "private, no-cache"),
    ]
    if let fileName { headers.append(("Content-Disposition", Disposition.attachment(fileName))) }
    if allowsCrossOrigin { headers += CrossOrigin.headers }
    return HTTPResponse(200, headers: headers, body: .file(FileAnswer(source: source, etag: etag)))
  }

  /// A body that is made while it is sent. `next` gives the next bytes, about `countMax` of them, none at the end; it may
  /// block, is called by one thread, and should ask `isClientGone` while it works long. A throw ends the connection, so
  /// that the client sees a body that is cut off and not a wrong one. `end` is called once, whatever happens: with true
  /// when the client took everything.
  public static func stream(
    _ status: Int, contentType: String, sizeBytes: UInt64? = nil, fileName: String? = nil,
    end: @escaping @Sendable (_ isComplete: Bool) -> Void = { _ in },
    next: @escaping @Sendable (_ countMax: Int) throws -> [UInt8]
  ) -> HTTPResponse {
    var headers: [(name: String, value: String)] = [("Content-Type", contentType)]
    if let fileName { headers.append(("Content-Disposition", Disposition.attachment(fileName))) }
    return HTTPResponse(
      status, headers: headers, body: .stream(StreamAnswer(sizeBytes: sizeBytes, next: next, end: end)))
  }

  /// The answer to a browser's question (OPTIONS) whether another site's page may read a recording.
  public static var crossOriginPreflight: HTTPResponse {
    HTTPResponse(204, headers: CrossOrigin.headers + CrossOrigin.preflight, body: .bytes([]))
  }
}

/// Bytes that do not change.
private struct BytesSource: ByteSource, Sendable {
  let bytes: [UInt8]
  var sizeBytes: UInt64 { UInt64(bytes.count) }

  func read(at offset: UInt64, count: Int) -> [UInt8] {
    guard offset < sizeBytes else { return [] }
    return Array(bytes[Int(offset)...].prefix(count))
  }
}

/// What pages may load and do (W3C CSP 3).
enum SecurityPolicy {
  /// Styles and images of this server, forms to this server, no scripts, no frames.
  static let page =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    + "frame-ancestors 'none'"
}

/// What lets Foxglove, a page of another site, open a recording by its URL.
enum CrossOrigin {
  /// On the recording.
  static let headers: [(name: String, value: String)] = [
    ("Access-Control-Allow-Origin", "*"),
    (
      "Access-Control-Expose-Headers",
      "ETag, Accept-Ranges, Content-Range, Content-Length, Content-Disposition"
    ),
  ]
  /// On the answer to OPTIONS. The last one: from the internet into a private network (Chrome asks).
  static let preflight: [(name: String, value: String)] = [
    ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
    ("Access-Control-Allow-Headers", "Range, If-Range, If-Match, If-None-Match"),
    ("Access-Control-Max-Age", "86400"), ("Access-Control-Allow-Private-Network", "true"),
  ]
}
