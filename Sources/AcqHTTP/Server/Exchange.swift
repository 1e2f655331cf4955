import AcqCore
import AcqSystem
import CMicrohttpd
import Synchronization

/// One request while it comes in, and its answer while it goes out: lives as long as libmicrohttpd's request, on its
/// connection's thread only.
final class Exchange {
  private let target: [UInt8]
  private let service: Service
  private let connection: Connection
  private var hasBegun = false
  private var isHead = false
  private var body: [UInt8] = []
  private var receivedBytes = 0
  private var reader: BodyReader?

  init(target: [UInt8], service: Service, connection: Connection) {
    self.target = target
    self.service = service
    self.connection = connection
  }

  // MARK: - Called by libmicrohttpd

  /// Takes the next part of a request: the first call has the headers, the following ones parts of the body, the last
  /// one nothing more: then the handler answers.
  func advance(_ handle: OpaquePointer, method: String, part: UnsafeRawBufferPointer) -> MHD_Result {
    guard hasBegun else {
      hasBegun = true
      return begin(handle, method: method)
    }
    guard part.isEmpty else { return take(part) }
    connection.enter(.handling, at: Clock.monotonic())
    return queue(answer(handle, method: method), handle)
  }

  private func begin(_ handle: OpaquePointer, method: String) -> MHD_Result {
    isHead = method == "HEAD"
    connection.enter(.body, at: Clock.monotonic())
    guard let length = Headers.first("Content-Length", handle).flatMap(Digits.value),
      length > UInt64(service.limits.bodyBytesMax)
    else { return .YES }
    // A client that asks first, or whose body is not worth throwing away, is told at once. Others are read to the end:
    // closing with unread bytes would take the answer away from them.
    let asksFirst = Headers.first("Expect", handle)?.lowercased() == "100-continue"
    guard asksFirst || length > UInt64(service.limits.discardedBytesMax) else { return .YES }
    return queue(tooLarge, handle)
  }

  private func take(_ part: UnsafeRawBufferPointer) -> MHD_Result {
    receivedBytes += part.count
    if receivedBytes <= service.limits.bodyBytesMax {
      body.append(contentsOf: part)
    } else {
      body = []
    }
    return receivedBytes <= service.limits.discardedBytesMax ? .YES : .NO
  }

  private var tooLarge: HTTPResponse {
    .problem(413, "Too large", "A request may have \(service.limits.bodyBytesMax) bytes.")
  }

  private func answer(_ handle: OpaquePointer, method: String) -> HTTPResponse {
    guard receivedBytes <= service.limits.bodyBytesMax else { return tooLarge }
    guard let target = RequestTarget(target) else {
      return .problem(400, "Bad request", "The path or query of the request cannot be read.")
    }
    let number = connection.requestNumber
    let request = HTTPRequest(
      method: isHead ? "GET" : method, isHead: isHead, path: target.path, query: target.query,
      headers: Headers.all(handle), body: body, peer: connection.peer, localUserID: connection.localUserID,
      isClientGone: { [service, connection] in
        service.isStopping.load(ordering: .relaxed) || connection.isGone(request: number)
      })
    body = []
    return service.handler(request).resolved(for: request)
  }

  /// The request is over, however it ended.
  func end(isComplete: Bool) {
    reader?.finish(isComplete: isComplete && !isHead)
    connection.endRequest(at: Clock.monotonic())
  }

  // MARK: - Answering

  private func queue(_ response: HTTPResponse, _ handle: OpaquePointer) -> MHD_Result {
    guard let made = make(response.body) else { return .NO }
    defer { MHD_destroy_response(made) }
    var headers = response.headers
    headers.append(("X-Content-Type-Options", "nosniff"))
    headers.append(("Referrer-Policy", "no-referrer"))
    if !headers.contains(where: { $0.name == "Cache-Control" }) {
      headers.append(("Cache-Control", "no-store"))
    }
    for (name, value) in headers { MHD_add_response_header(made, name, HeaderText.clean(value)) }
    connection.enter(.sending, at: Clock.monotonic())
    return MHD_queue_response(handle, UInt32(response.status), made)
  }

  private func make(_ body: HTTPResponse.Body) -> OpaquePointer? {
    switch body {
    case .bytes(let bytes):
      // SAFETY: libmicrohttpd copies the bytes during this call (MUST_COPY) and does not write to them.
      return bytes.withUnsafeBytes { buffer in
        MHD_create_response_from_buffer(
          buffer.count, UnsafeMutableRawPointer(mutating: buffer.baseAddress), .RESPMEM_MUST_COPY)
      }
    case .file(let file): return make(.source(file.source, offset: 0, count: file.source.sizeBytes))
    case .source(let source, let offset, let count):
      let reader = BodyReader(source: source, offset: offset, connection: connection, log: service.log)
      return reader.makeResponse(sizeBytes: count)
    case .stream(let stream):
      let reader = BodyReader(stream, connection: connection, log: service.log)
      self.reader = reader
      return reader.makeResponse(sizeBytes: stream.sizeBytes)
    }
  }
}

/// A request's headers, out of libmicrohttpd.
private enum Headers {
  private final class Found { var all: [(name: String, value: String)] = [] }

  /// All of them, names in lower case.
  static func all(_ handle: OpaquePointer) -> [(name: String, value: String)] {
    let found = Found()
    // SAFETY: the callback runs only during this call, which keeps `found` alive.
    MHD_get_connection_values(
      handle, .HEADER_KIND,
      { context, _, name, value in
        guard let context, let name else { return .YES }
        let found = Unmanaged<Found>.fromOpaque(context).takeUnretainedValue()
        let text = value.map { HeaderText.trimmed(String(cString: $0)) } ?? ""
        found.all.append((String(cString: name).lowercased(), text))
        return .YES
      }, Unmanaged.passUnretained(found).toOpaque())
    return withExtendedLifetime(found) { found.all }
  }

  static func first(_ name: String, _ handle: OpaquePointer) -> String? {
    MHD_lookup_connection_value(handle, .HEADER_KIND, name).map { String(cString: $0) }
  }
}
