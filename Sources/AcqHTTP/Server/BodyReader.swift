import AcqCore
import CMicrohttpd

/// Feeds a body to libmicrohttpd piece by piece, on the connection's thread only.
final class BodyReader {
  private let next: (_ position: UInt64, _ countMax: Int) throws -> [UInt8]
  private let end: (_ isComplete: Bool) -> Void
  private let connection: Connection
  private let log: Log
  private var rest: ArraySlice<UInt8> = []
  private var hasEnded = false

  /// A part of a source.
  init(source: any ByteSource & Sendable, offset: UInt64, connection: Connection, log: Log) {
    next = { position, countMax in
      let bytes = try source.read(at: offset + position, count: countMax)
      guard !bytes.isEmpty else {
        throw CoreError(.truncated, "the file became shorter", offset: Int(position))
      }
      return bytes
    }
    end = { _ in }
    self.connection = connection
    self.log = log
  }

  /// A stream.
  init(_ stream: HTTPResponse.StreamAnswer, connection: Connection, log: Log) {
    next = { _, countMax in try stream.next(countMax) }
    end = stream.end
    self.connection = connection
    self.log = log
  }

  deinit { finish(isComplete: false) }

  /// Fills `buffer` from `position` of the answer's body. When the source fails the connection ends, so that the client
  /// sees a short body and not a wrong one.
  func read(at position: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    connection.countPiece()
    do {
      if rest.isEmpty { rest = try next(position, buffer.count)[...] }
    } catch {
      log.warning("an answer ended early", [.client: connection.peer, .reason: "\(error)"])
      return acq_http_error
    }
    guard !rest.isEmpty else { return acq_http_end }
    let count = min(rest.count, buffer.count)
    // SAFETY: `count` is at most the size of both sides.
    rest.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    rest = rest.dropFirst(count)
    return count
  }

  /// Tells the stream, once, that it is over.
  func finish(isComplete: Bool) {
    guard !hasEnded else { return }
    hasEnded = true
    end(isComplete)
  }

  /// The response that reads from this; nil when there is no memory.
  func makeResponse(sizeBytes: UInt64?) -> OpaquePointer? {
    MHD_create_response_from_callback(
      sizeBytes ?? acq_http_size_unknown, HTTPLimits.pieceBytes,
      { context, position, buffer, room in
        guard let context, let buffer else { return acq_http_error }
        // SAFETY: the context is the reader that the free callback below releases once, at the end.
        let reader = Unmanaged<BodyReader>.fromOpaque(context).takeUnretainedValue()
        return reader.read(at: position, into: UnsafeMutableRawBufferPointer(start: buffer, count: room))
      }, Unmanaged.passRetained(self).toOpaque(),
      { context in if let context { Unmanaged<BodyReader>.fromOpaque(context).release() } })
  }
}
