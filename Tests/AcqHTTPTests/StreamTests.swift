import AcqCore
import AcqHTTP
import AcqSystem
import Synchronization
import TestSupport
import Testing

/// What became of a stream.
final class StreamRecord: Sendable {
  let pieces = Counter()
  let ends = Mutex<[Bool]>([])

  /// Streams `count` pieces of `size` bytes.
  func response(pieces count: Int, size: Int, sizeBytes: UInt64? = nil) -> HTTPResponse {
    .stream(
      200, contentType: "application/octet-stream", sizeBytes: sizeBytes,
      end: { isComplete in self.ends.withLock { $0.append(isComplete) } },
      next: { _ in
        let index = self.pieces.next()
        return index > count ? [] : [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size)
      })
  }
}

@Suite("HTTP: streams and clients that leave") struct StreamTests {
  @Test(
    "a stream arrives whole, whatever its pieces, chunked or with a length", arguments: [1, 1000, 300_000])
  func whole(size: Int) throws {
    for hasLength in [false, true] {
      let record = StreamRecord()
      let length: UInt64? = hasLength ? UInt64(7 * size) : nil
      try withServer(handler: { _ in record.response(pieces: 7, size: size, sizeBytes: length) }) { port, _ in
        let answer = try RawClient(port: port).request("GET", "/")
        #expect(answer.body == (1...7).flatMap { [UInt8](repeating: UInt8($0), count: size) })
        #expect(answer.headers["content-length"] == length.map { String($0) })
        try waitUntil("the stream is told") { record.ends.withLock { !$0.isEmpty } }
      }
      #expect(record.ends.withLock(\.self) == [true])
    }
  }

  @Test("HEAD pulls nothing out of a stream and ends it")
  func head() throws {
    let record = StreamRecord()
    try withServer(handler: { _ in record.response(pieces: 7, size: 10) }) { port, _ in
      #expect(try RawClient(port: port).request("HEAD", "/").status == 200)
      try waitUntil("the stream is told") { record.ends.withLock { !$0.isEmpty } }
    }
    #expect(record.ends.withLock(\.self) == [false] && record.pieces.count == 0)
  }

  @Test("a stream that fails ends the connection before its end")
  func fails() throws {
    struct Broken: Error {}
    let told = Mutex<[Bool]>([])
    let response: @Sendable (HTTPRequest) -> HTTPResponse = { _ in
      let count = Mutex(0)
      return .stream(
        200, contentType: "text/plain", end: { isComplete in told.withLock { $0.append(isComplete) } },
        next: { _ in
          guard
            count.withLock({
              $0 += 1; return $0
            }) < 3
          else { throw Broken() }
          return [1, 2, 3]
        })
    }
    try withServer(handler: response) { port, _ in
      #expect(throws: HTTPError.self) { try HTTPClient(host: "127.0.0.1", port: port).get("/") }
      try waitUntil("the stream is told") { told.withLock { !$0.isEmpty } }
    }
    #expect(told.withLock(\.self) == [false])
  }

  @Test("a client that leaves in the middle stops the stream")
  func leaves() throws {
    let record = StreamRecord()
    try withServer(handler: { _ in record.response(pieces: .max, size: 65_536) }) { port, _ in
      let client = try RawClient(port: port)
      try client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
      _ = try client.headText()
      client.socket.shutdown()
      try waitUntil("the stream is told") { record.ends.withLock { !$0.isEmpty } }
      let count = record.pieces.count
      #expect(record.ends.withLock(\.self) == [false])
      #expect(record.pieces.count == count)
    }
  }

  @Test(
    "a handler that works long sees that its client left, by closing or by reset", arguments: [false, true])
  func longWork(byReset: Bool) throws {
    let isWorking = Flag()
    let sawLeaving = Flag()
    let wasThere = Flag()
    try withServer(handler: { request in
      if !request.isClientGone() { wasThere.set() }
      isWorking.set()
      let deadline = Clock.monotonic() + .seconds(20)
      while !request.isClientGone(), Clock.monotonic() < deadline { Clock.sleep(.milliseconds(2)) }
      if Clock.monotonic() < deadline { sawLeaving.set() }
      return .text(200, "")
    }) { port, _ in
      let client = try RawClient(port: port)
      // A second request behind the first must not hide that the client leaves.
      try client.send("GET /1 HTTP/1.1\r\nHost: t\r\n\r\nGET /2 HTTP/1.1\r\nHost: t\r\n\r\n")
      try waitUntil("the handler works") { isWorking.isSet }
      if byReset { client.socket.abort() } else { client.socket.shutdown() }
      try waitUntil("the handler knows") { sawLeaving.isSet }
    }
    #expect(wasThere.isSet)
  }

  @Test("a request that is over is gone for whoever still asks")
  func over() throws {
    let kept = Mutex<(@Sendable () -> Bool)?>(nil)
    try withServer(handler: { request in
      kept.withLock { $0 = request.isClientGone }
      return .text(200, "")
    }) { port, server in
      let client = try RawClient(port: port)
      #expect(try client.request("GET", "/").status == 200)
      try waitUntil("the request is over") { kept.withLock { $0?() } == true }
      client.socket.shutdown()
      try waitUntil("the connection is gone") { server.connectionCount == 0 }
      #expect(kept.withLock { $0?() } == true)
    }
  }
}
