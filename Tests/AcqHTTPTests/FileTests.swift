import AcqHTTP
import AcqSystem
import TestSupport
import Testing

@Suite("HTTP: files over the wire") struct FileTests {
  @Test("a file, its parts and its headers arrive as they are")
  func parts() throws {
    let source = PatternSource(sizeBytes: 3_000_000)
    try withServer(handler: { _ in fileResponse(source) }) { port, _ in
      let client = try RawClient(port: port)
      let whole = try client.request("GET", "/x.mcap")
      #expect(whole.status == 200 && whole.body == PatternSource.bytes(0..<3_000_000))
      #expect(whole.headers["content-length"] == "3000000" && whole.headers["accept-ranges"] == "bytes")
      #expect(whole.headers["etag"] == "\"cafe\"")
      #expect(
        whole.headers["content-disposition"]
          == "attachment; filename=\"run 1.mcap\"; filename*=UTF-8''run%201.mcap")
      #expect(whole.headers["x-content-type-options"] == "nosniff")
      #expect(whole.headers["cache-control"]?.contains("immutable") == true)

      let part = try client.request("GET", "/x.mcap", ["Range: bytes=1999999-2999999"])
      #expect(part.status == 206 && part.body == PatternSource.bytes(1_999_999..<3_000_000))
      #expect(part.headers["content-range"] == "bytes 1999999-2999999/3000000")
      let suffix = try client.request("GET", "/x.mcap", ["Range: bytes=-3"])
      #expect(suffix.status == 206 && suffix.body == PatternSource.bytes(2_999_997..<3_000_000))
      let beyond = try client.request("GET", "/x.mcap", ["Range: bytes=3000000-"])
      #expect(beyond.status == 416 && beyond.headers["content-range"] == "bytes */3000000")
      #expect(beyond.headers["content-type"] == "application/problem+json")
    }
  }

  @Test("HEAD and 304 have the headers and no body, and read nothing")
  func heads() throws {
    let source = PatternSource(sizeBytes: 3_000_000)
    try withServer(handler: { _ in fileResponse(source) }) { port, _ in
      let client = try RawClient(port: port)
      let head = try client.request("HEAD", "/x.mcap", ["Range: bytes=0-1"])
      #expect(head.status == 200 && head.headers["content-length"] == "3000000")
      let same = try client.request("GET", "/x.mcap", ["If-None-Match: \"cafe\""])
      #expect(same.status == 304 && same.headers["etag"] == "\"cafe\"")
      #expect(same.headers["content-length"] == nil || same.headers["content-length"] == "3000000")
      #expect(try client.request("GET", "/x.mcap", ["If-Match: \"other\""]).status == 412)
      #expect(source.readBytes == 0)
      // The connection is still in step.
      #expect(try client.request("GET", "/x.mcap", ["Range: bytes=7-8"]).body == [7, 8])
    }
  }

  @Test("a client that leaves after the headers costs little reading")
  func leavesAfterHeaders() throws {
    let source = PatternSource(sizeBytes: 1 << 40)
    try withServer(handler: { _ in fileResponse(source) }) { port, server in
      let client = try RawClient(port: port)
      try client.send("GET /x.mcap HTTP/1.1\r\nHost: foxglove\r\n\r\n")
      #expect(try client.headText().contains("Content-Length: 1099511627776"))
      client.socket.abort()
      try waitUntil("the connection is gone") { server.connectionCount == 0 }
      // What fits the buffers of both kernels, and no more.
      #expect(source.readBytes < 32 << 20)
    }
  }

  @Test("pages of other sites may read recordings, also when they ask first or ask wrongly")
  func crossOrigin() throws {
    let source = PatternSource(sizeBytes: 10)
    try withServer(handler: { $0.method == "OPTIONS" ? .crossOriginPreflight : fileResponse(source) }) {
      port, _ in
      let client = try RawClient(port: port)
      let preflight = try client.request("OPTIONS", "/x.mcap", ["Origin: https://app.foxglove.dev"])
      #expect(preflight.status == 204 && preflight.headers["access-control-allow-origin"] == "*")
      #expect(preflight.headers["access-control-allow-headers"]?.contains("Range") == true)
      #expect(preflight.headers["access-control-allow-private-network"] == "true")
      for range in ["bytes=0-1", "bytes=10-"] {
        let answer = try client.request("GET", "/x.mcap", ["Range: \(range)"])
        #expect(answer.headers["access-control-allow-origin"] == "*")
      }
      let exposed = try client.request("GET", "/x.mcap").headers["access-control-expose-headers"] ?? ""
      for name in ["ETag", "Accept-Ranges", "Content-Range", "Content-Length"] {
        #expect(exposed.contains(name))
      }
    }
  }

  @Test("a file that becomes shorter ends the connection instead of filling it up")
  func shrinks() throws {
    let source = ShrunkSource()
    try withServer(handler: { _ in fileResponse(source) }) { port, _ in
      let client = try RawClient(port: port)
      try client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(throws: TestSupportError.self) { try client.answer() }
      // curl-like clients see it as an error too.
      #expect(throws: HTTPError.self) { try HTTPClient(host: "127.0.0.1", port: port).get("/") }
    }
  }
}
