import CCurl
import Synchronization

/// A client over libcurl, for TCP and Unix sockets. One request at a time; make another client for another thread.
public struct HTTPClient: Sendable {
  /// An answer.
  public struct Response: Sendable {
    /// The status code.
    public var status: Int
    /// Header names in lower case, and their values.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: [UInt8]
    /// The first header of that name.
    public func header(_ name: String) -> String? {
      let lower = name.lowercased()
      return headers.first { $0.name == lower }?.value
    }
  }

  private let socketPath: String?
  private let origin: String

  /// Talks to a server's Unix socket.
  public init(unixSocket path: String) {
    socketPath = path
    origin = "http://acqd"
  }

  /// Talks to a host.
  public init(host: String, port: UInt16) {
    socketPath = nil
    origin = host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
  }

  /// `GET`. `path` begins with `/` and is encoded. Throws for everything but an answer, whatever its status.
  public func get(
    _ path: String, headers: [String] = [], timeoutSeconds: Int = 600, limitBytes: Int = 1 << 30
  ) throws(HTTPError) -> Response {
    try perform(path, method: "GET", body: nil, headers: headers, timeoutSeconds, limitBytes)
  }

  /// `POST`.
  public func post(
    _ path: String, body: [UInt8] = [], contentType: String = "application/json", timeoutSeconds: Int = 60,
    limitBytes: Int = 16 << 20
  ) throws(HTTPError) -> Response {
    try perform(
      path, method: "POST", body: body, headers: ["Content-Type: \(contentType)"], timeoutSeconds, limitBytes)
  }

  private final class Sink {
    let limitBytes: Int
    var body: [UInt8] = []
    var headers: [(name: String, value: String)] = []
    var isTooLarge = false
    init(limitBytes: Int) { self.limitBytes = limitBytes }
  }

  private static let isInitialised: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private func perform(
    _ path: String, method: String, body: [UInt8]?, headers: [String], _ timeoutSeconds: Int,
    _ limitBytes: Int
  ) throws(HTTPError) -> Response {
    guard Self.isInitialised, let handle = curl_easy_init() else {
      throw HTTPError(.failed, "libcurl did not start")
    }
    defer { curl_easy_cleanup(handle) }
    let sink = Sink(limitBytes: limitBytes)
    var list: UnsafeMutablePointer<curl_slist>?
    for header in headers { list = curl_slist_append(list, header) }
    defer { curl_slist_free_all(list) }
    let body = body ?? []
    // SAFETY: libcurl uses these pointers only during curl_easy_perform, inside which `body`, `sink` and `list` live.
    let code = body.withUnsafeBytes { bytes -> CURLcode in
      configure(handle, path, method: method, bytes: bytes, list: list, timeoutSeconds: timeoutSeconds)
      let context = Unmanaged.passUnretained(sink).toOpaque()
      _ = acq_curl_set_write(handle, Self.takeBody, context)
      _ = acq_curl_set_headers(handle, Self.takeHeader, context)
      return curl_easy_perform(handle)
    }
    guard code == CURLE_OK else { throw Self.error(code, sink, path) }
    var status = 0
    _ = acq_curl_status(handle, &status)
    return Response(status: status, headers: sink.headers, body: sink.body)
  }

  private func configure(
    _ handle: UnsafeMutableRawPointer, _ path: String, method: String, bytes: UnsafeRawBufferPointer,
    list: UnsafeMutablePointer<curl_slist>?, timeoutSeconds: Int
  ) {
    _ = acq_curl_set_text(handle, CURLOPT_URL, origin + path)
    if let socketPath { _ = acq_curl_set_text(handle, CURLOPT_UNIX_SOCKET_PATH, socketPath) }
    _ = acq_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    _ = acq_curl_set_long(handle, CURLOPT_TIMEOUT, timeoutSeconds)
    _ = acq_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
    _ = acq_curl_set_text(handle, CURLOPT_PROXY, "")
    guard method == "POST" else { return }
    _ = acq_curl_set_long(handle, CURLOPT_POST, 1)
    _ = acq_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, bytes.count)
    _ = acq_curl_set_pointer(
      handle, CURLOPT_COPYPOSTFIELDS,
      UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)))
  }

  private static let takeBody:
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
      bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      // SAFETY: the context is the sink of the request that is being performed.
      let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
      guard sink.body.count + size * count <= sink.limitBytes else {
        sink.isTooLarge = true
        return 0
      }
      sink.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }

  private static let takeHeader:
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
      bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      // SAFETY: the context is the sink of the request that is being performed.
      let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
      let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
      if let colon = line.firstIndex(of: ":") {
        let value = line[line.index(after: colon)...].split(whereSeparator: \.isNewline).first ?? ""
        sink.headers.append((line[..<colon].lowercased(), HeaderText.trimmed(value)))
      }
      return size * count
    }

  private static func error(_ code: CURLcode, _ sink: Sink, _ path: String) -> HTTPError {
    let reason = "\(path): \(String(cString: curl_easy_strerror(code)))"
    if sink.isTooLarge {
      return HTTPError(.tooLarge, "\(path): the answer has more than \(sink.limitBytes) bytes")
    }
    switch code {
    case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: return HTTPError(.unreachable, reason)
    case CURLE_OPERATION_TIMEDOUT: return HTTPError(.timedOut, reason)
    case _: return HTTPError(.failed, reason)
    }
  }
}
