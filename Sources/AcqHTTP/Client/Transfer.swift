import AcqCore
import CCurl

/// One request through libcurl.
final class Transfer {
  struct Request {
    var method: String
    var url: String
    var socketPath: String?
    /// `Name: value`.
    var headers: [String]
    var body: [UInt8]?
    /// For the whole exchange; nil: for ever.
    var timeoutSeconds: Double?
    /// Without a byte; nil: for ever.
    var stallSeconds: Double?
  }

  /// Until the connection stands: a car that is out of range does not answer at all.
  private static let connectSeconds = 10.0
  /// Of an error's body that is kept when the caller wants bytes of a success only.
  private static let errorBytesMax = 64 << 10
  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private let handle: UnsafeMutableRawPointer
  private let take: (ArraySlice<UInt8>) throws -> Void
  private let isCancelled: () -> Bool
  private var response = HTTPClient.Response(status: 0, headers: [], body: [])
  private var failure: (any Error)?
  private var wasCancelled = false

  private init(
    _ handle: UnsafeMutableRawPointer, take: @escaping (ArraySlice<UInt8>) throws -> Void,
    isCancelled: @escaping () -> Bool
  ) {
    self.handle = handle
    self.take = take
    self.isCancelled = isCancelled
  }

  /// Bodies of a success go to `sink`; those of other answers stay in the response, as far as they are short. A sink that
  /// throws ends the transfer.
  static func perform(
    _ request: Request, isCancelled: () -> Bool, to sink: inout some ByteSink
  ) throws(HTTPError) -> HTTPClient.Response {
    guard isReady, let handle = curl_easy_init() else { throw HTTPError(.failed, "libcurl did not start") }
    defer { curl_easy_cleanup(handle) }
    let result = withoutActuallyEscaping(isCancelled) { isCancelled in
      withoutActuallyEscaping({ (bytes: ArraySlice<UInt8>) throws in try sink.write(bytes) }) { take in
        let transfer = Transfer(handle, take: take, isCancelled: isCancelled)
        return Result { () throws(HTTPError) in try transfer.run(request) }
      }
    }
    return try result.get()
  }

  private func run(_ request: Request) throws(HTTPError) -> HTTPClient.Response {
    var list: UnsafeMutablePointer<curl_slist>?
    for header in request.headers { list = curl_slist_append(list, header) }
    defer { curl_slist_free_all(list) }
    configure(request, list)
    // SAFETY: libcurl calls back with this object only inside curl_easy_perform, which outlives no frame of this call.
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = acq_curl_set_body_taker(handle, Self.takeBody, context)
    _ = acq_curl_set_header_taker(handle, Self.takeHeader, context)
    _ = acq_curl_set_asking(handle, Self.ask, context)
    let code = withExtendedLifetime(self) { curl_easy_perform(handle) }
    guard code == CURLE_OK else { throw error(code, request) }
    response.status = status
    return response
  }

  private var status: Int {
    var status = 0
    _ = acq_curl_status(handle, &status)
    return status
  }

  private func configure(_ request: Request, _ list: UnsafeMutablePointer<curl_slist>?) {
    _ = acq_curl_set_text(handle, CURLOPT_URL, request.url)
    _ = acq_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http")
    if let path = request.socketPath { _ = acq_curl_set_text(handle, CURLOPT_UNIX_SOCKET_PATH, path) }
    // Without this libcurl reads http_proxy; the environment is not ours to read here.
    _ = acq_curl_set_text(handle, CURLOPT_PROXY, "")
    _ = acq_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    _ = acq_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(Self.connectSeconds * 1000))
    if let seconds = request.timeoutSeconds {
      _ = acq_curl_set_long(handle, CURLOPT_TIMEOUT_MS, max(1, Int(seconds * 1000)))
    }
    if let seconds = request.stallSeconds {
      _ = acq_curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
      _ = acq_curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, max(1, Int(seconds)))
    }
    _ = acq_curl_set_list(handle, list)
    if let body = request.body {
      body.withUnsafeBytes { _ = acq_curl_set_body(handle, $0.baseAddress, $0.count) }
    }
    switch request.method {
    case "GET": break
    case "HEAD": _ = acq_curl_set_long(handle, CURLOPT_NOBODY, 1)
    case let method: _ = acq_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, method)
    }
  }

  // MARK: - Called by libcurl

  private typealias Taker =
    @convention(c) (
      UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?
    ) -> Int

  private static let takeBody: Taker = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    // SAFETY: the context is the transfer that performs; libcurl's bytes are valid during this call.
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.accept(Array(UnsafeRawBufferPointer(start: bytes, count: size * count)))
  }

  private static let takeHeader: Taker = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    // SAFETY: as above.
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
    transfer.acceptHeader(line)
    return size * count
  }

  private static let ask:
    @convention(c) (UnsafeMutableRawPointer?, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> Int32 = {
      context, _, _, _, _ in
      guard let context else { return 1 }
      // SAFETY: as above.
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      transfer.wasCancelled = transfer.isCancelled()
      return transfer.wasCancelled ? 1 : 0
    }

  /// The number of bytes taken; anything else than all of them ends the transfer.
  private func accept(_ bytes: [UInt8]) -> Int {
    guard (200..<300).contains(status) else {
      response.body.append(contentsOf: bytes.prefix(max(0, Self.errorBytesMax - response.body.count)))
      return bytes.count
    }
    do {
      try take(bytes[...])
      return bytes.count
    } catch {
      failure = error
      return -1
    }
  }

  private func acceptHeader(_ line: String) {
    // A second status line follows `100 Continue`: what came before belongs to that.
    if line.hasPrefix("HTTP/") { response.headers = [] }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...].prefix { !$0.isNewline }
    response.headers.append((line[..<colon].lowercased(), HeaderText.trimmed(value)))
  }

  private func error(_ code: CURLcode, _ request: Request) -> HTTPError {
    let place = request.socketPath ?? request.url
    if let failure { return HTTPError(.notTaken, "\(place): \(failure)") }
    if wasCancelled { return HTTPError(.cancelled, "\(place): cancelled") }
    let reason = "\(place): \(String(cString: curl_easy_strerror(code)))"
    switch code {
    case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: return HTTPError(.unreachable, reason)
    case CURLE_OPERATION_TIMEDOUT: return HTTPError(.timedOut, reason)
    case _: return HTTPError(.failed, reason)
    }
  }
}
