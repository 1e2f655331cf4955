import AcqCore
import CMicrohttpd
import Glibc
import Synchronization

/// One request while it comes in, and its answer while it goes out: lives as long as libmicrohttpd's request.
final class Exchange {
  private var body: [UInt8] = []
  private var isBodyTooLarge = false

  // MARK: - Called by libmicrohttpd

  /// Takes the next part of a request: the first call has the headers, the following ones parts of the body, the last
  /// one nothing more: then the handler answers.
  static func advance(
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ connection: OpaquePointer, _ service: Service,
    url: UnsafePointer<CChar>, method: UnsafePointer<CChar>, upload: UnsafePointer<CChar>?,
    uploadCount: UnsafeMutablePointer<Int>
  ) -> MHD_Result {
    guard let held = slot.pointee else {
      slot.pointee = Unmanaged.passRetained(Exchange()).toOpaque()
      return .YES
    }
    // SAFETY: the slot was filled by the call above and is emptied only by `end`.
    let exchange = Unmanaged<Exchange>.fromOpaque(held).takeUnretainedValue()
    if uploadCount.pointee > 0, let upload {
      exchange.take(UnsafeRawBufferPointer(start: upload, count: uploadCount.pointee))
      uploadCount.pointee = 0
      return .YES
    }
    let method = String(cString: method)
    guard !exchange.isBodyTooLarge else {
      let limit = HTTPLimits.bodyBytesMax
      return queue(
        .problem(413, "Too large", "A request may have \(limit) bytes."), connection, method: method)
    }
    let socket = acq_http_socket(connection)
    let request = HTTPRequest(
      method: method, path: String(cString: url), query: values(connection, .GET_ARGUMENT_KIND),
      headers: values(connection, .HEADER_KIND).map { (name: $0.name.lowercased(), value: $0.value) },
      body: exchange.body, peer: acq_http_address(connection).flatMap { PeerAddress($0) } ?? .local,
      isClientGone: { service.isStopping.load(ordering: .relaxed) || acq_http_is_gone(socket) == 1 })
    exchange.body = []
    let response = service.handler(request).resolved(for: request)
    return queue(response, connection, method: method)
  }

  /// The request is over, however it ended.
  static func end(_ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>) {
    guard let held = slot.pointee else { return }
    // SAFETY: balances the retain of the first call; the slot is emptied, so it happens once.
    Unmanaged<Exchange>.fromOpaque(held).release()
    slot.pointee = nil
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    guard body.count + bytes.count <= HTTPLimits.bodyBytesMax else {
      isBodyTooLarge = true
      body = []
      return
    }
    if !isBodyTooLarge { body.append(contentsOf: bytes) }
  }

  private final class Pairs { var all: [(name: String, value: String)] = [] }

  private static func values(_ connection: OpaquePointer, _ kind: MHD_ValueKind) -> [(
    name: String, value: String
  )] {
    let pairs = Pairs()
    // SAFETY: the callback runs only during this call, which keeps `pairs` alive.
    MHD_get_connection_values(
      connection, kind,
      { context, _, name, value in
        guard let context, let name else { return .YES }
        let pairs = Unmanaged<Pairs>.fromOpaque(context).takeUnretainedValue()
        pairs.all.append((String(cString: name), value.map { String(cString: $0) } ?? ""))
        return .YES
      }, Unmanaged.passUnretained(pairs).toOpaque())
    return withExtendedLifetime(pairs) { pairs.all }
  }

  // MARK: - Answering

  private static func queue(_ response: HTTPResponse, _ connection: OpaquePointer, method: String)
    -> MHD_Result
  {
    guard let handle = make(response.body) else { return .NO }
    defer { MHD_destroy_response(handle) }
    var headers = response.headers
    headers.append(("X-Content-Type-Options", "nosniff"))
    headers.append(("Referrer-Policy", "no-referrer"))
    for (name, value) in headers {
      // A line break would end the header: values are ours, but names of recordings go into some of them.
      let clean = String(
        value.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
      MHD_add_response_header(handle, name, clean)
    }
    return MHD_queue_response(connection, UInt32(response.status), handle)
  }

  private static func make(_ body: HTTPResponse.Body) -> OpaquePointer? {
    switch body {
    case .bytes(let bytes):
      // SAFETY: libmicrohttpd copies the bytes during this call (MUST_COPY) and does not write to them.
      return bytes.withUnsafeBytes { buffer in
        MHD_create_response_from_buffer(
          buffer.count, UnsafeMutableRawPointer(mutating: buffer.baseAddress), .RESPMEM_MUST_COPY)
      }
    case .file(let file): return make(.source(file.source, offset: 0, count: file.source.sizeBytes))
    case .source(let source, let offset, let count):
      let reader = SourceReader(source: source, offset: offset)
      return MHD_create_response_from_callback(
        count, HTTPLimits.pieceBytes,
        { context, position, buffer, room in
          guard let context, let buffer else { return acq_http_error }
          // SAFETY: the context is the reader that the free callback below releases once, at the end.
          let reader = Unmanaged<SourceReader>.fromOpaque(context).takeUnretainedValue()
          return reader.read(at: position, into: UnsafeMutableRawBufferPointer(start: buffer, count: room))
        }, Unmanaged.passRetained(reader).toOpaque(),
        { context in if let context { Unmanaged<SourceReader>.fromOpaque(context).release() } })
    }
  }
}

/// Feeds a file to libmicrohttpd piece by piece.
private final class SourceReader {
  private let source: any ByteSource & Sendable
  private let offset: UInt64

  init(source: any ByteSource & Sendable, offset: UInt64) {
    self.source = source
    self.offset = offset
  }

  /// Fills `buffer` from `position` of the answer's body; ends the connection when the source fails, so that the client
  /// sees a short body and not a wrong one.
  func read(at position: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let bytes = try? source.read(at: offset + position, count: buffer.count), !bytes.isEmpty else {
      return acq_http_error
    }
    // SAFETY: a source gives at most the bytes that it was asked for; `min` makes sure.
    let count = min(bytes.count, buffer.count)
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    return count
  }
}
