import AcqCore
import AcqHTTP
import AcqSystem
import Synchronization
import TestSupport
import Testing

/// Says 1000 bytes and has 300.
final class ShrunkSource: ByteSource, Sendable {
  let sizeBytes: UInt64 = 1000
  func read(at offset: UInt64, count: Int) -> [UInt8] {
    offset >= 300 ? [] : [UInt8](repeating: 1, count: min(count, 300 - Int(offset)))
  }
}

@Suite("HTTP: requests over the wire") struct RequestTests {
  private static let echo: @Sendable (HTTPRequest) -> HTTPResponse = { request in
    .json(
      200,
      .members([
        "method": .string(request.method), "isHead": .bool(request.isHead), "path": .string(request.path),
        "query": .array(request.query.map { .string("\($0.name)=\($0.value)") }),
        "header": request.header("X-Test").map(JSON.string), "bodyCount": .integer(request.body.count),
        "peer": .string(request.peer.description),
      ]))
  }

  @Test("the handler sees what was sent, decoded")
  func seen() throws {
    try withServer(handler: Self.echo) { port, _ in
      let client = try RawClient(port: port)
      let answer = try client.request("GET", "/a%20b?topic=imu*&x=%2F&empty", ["x-TEST:  hi "])
      let json = try JSON(parsing: answer.body)
      #expect(json["path"]?.string == "/a b" && json["header"]?.string == "hi")
      #expect(json["query"]?.array?.compactMap(\.string) == ["topic=imu*", "x=/", "empty="])
      #expect(json["peer"]?.string == "127.0.0.1" && json["method"]?.string == "GET")
      #expect(answer.headers["cache-control"] == "no-store")
      #expect(answer.headers["referrer-policy"] == "no-referrer")
    }
  }

  @Test("HEAD is GET without the body")
  func head() throws {
    try withServer(handler: Self.echo) { port, _ in
      let client = try RawClient(port: port)
      let head = try client.request("HEAD", "/a")
      #expect(head.status == 200 && head.body.isEmpty)
      let length = head.headers["content-length"].flatMap { Int($0) } ?? 0
      #expect(length > 50)
      #expect(try client.request("GET", "/a").status == 200)
    }
  }

  @Test(
    "a target that cannot be read is refused, and nothing of it comes back",
    arguments: ["/%00", "/<script>%zz", "/x%00.mcap", "/%ff", "/?a=%"])
  func badTargets(target: String) throws {
    let wasCalled = Flag()
    try withServer(handler: { request in
      wasCalled.set()
      return Self.echo(request)
    }) { port, _ in
      let answer = try RawClient(port: port).request("GET", target)
      #expect(answer.status == 400 && answer.headers["content-type"] == "application/problem+json")
      #expect(!answer.text.contains("script"))
    }
    #expect(!wasCalled.isSet)
  }

  @Test("errors are problems as RFC 9457 says")
  func problems() throws {
    try withServer(handler: { _ in .problem(404, "Unknown", "There is no \"x\"\n.") }) { port, _ in
      let answer = try RawClient(port: port).request("GET", "/")
      let json = try JSON(parsing: answer.body)
      #expect(answer.status == 404 && json["status"]?.int64 == 404 && json["title"]?.string == "Unknown")
      #expect(json["detail"]?.string == "There is no \"x\"\n." && json["type"]?.string == "about:blank")
    }
  }

  @Test("pages may load nothing from elsewhere and run nothing")
  func policy() throws {
    try withServer(handler: { _ in .html(200, "<p>") }) { port, _ in
      let policy = try RawClient(port: port).request("GET", "/").headers["content-security-policy"] ?? ""
      #expect(policy.hasPrefix("default-src 'none'; style-src 'self'") && !policy.contains("unsafe"))
      #expect(!policy.contains("script-src"))
    }
  }

  @Test("a file of the pages is sent again only when it is another one")
  func assets() throws {
    try withServer(handler: { request in
      .asset(Array((request.path == "/old" ? "a {}" : "b {}").utf8), contentType: "text/css; charset=utf-8")
    }) { port, _ in
      let client = try RawClient(port: port)
      let first = try client.request("GET", "/old")
      let tag = try #require(first.headers["etag"])
      #expect(first.text == "a {}" && first.headers["cache-control"] == "private, no-cache")
      let again = try client.request("GET", "/old", ["If-None-Match: \(tag)"])
      let other = try client.request("GET", "/new", ["If-None-Match: \(tag)"])
      #expect(again.status == 304 && other.status == 200 && other.text == "b {}")
    }
  }

  @Test("a value with a line break stays one header")
  func injection() throws {
    let response: @Sendable (HTTPRequest) -> HTTPResponse = { _ in
      var response = HTTPResponse.text(200, "x")
      response.headers.append(("X-Name", "a\r\nX-Evil: 1\u{7F}"))
      return response
    }
    try withServer(handler: response) { port, _ in
      let answer = try RawClient(port: port).request("GET", "/")
      #expect(answer.headers["x-evil"] == nil && answer.headers["x-name"]?.hasPrefix("a  X-Evil: 1") == true)
    }
  }

  @Test(
    "a body of the limit is taken, one byte more is 413, chunked or not, and the connection stays in step")
  func bodies() throws {
    var limits = HTTPLimits()
    limits.bodyBytesMax = 100_000
    try withServer(limits: limits, handler: Self.echo) { port, _ in
      let client = try RawClient(port: port)
      for (count, status) in [(0, 200), (1, 200), (100_000, 200), (100_001, 413), (300_000, 413)] {
        let text = String(repeating: "x", count: count)
        try client.send("POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: \(count)\r\n\r\n" + text)
        let plain = try client.answer()
        #expect(plain.status == status, "\(count) bytes")
        if status == 200 { #expect(try JSON(parsing: plain.body)["bodyCount"]?.int64 == Int64(count)) }
        let chunk = count == 0 ? "" : String(count, radix: 16) + "\r\n" + text + "\r\n"
        try client.send("POST /p HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)0\r\n\r\n")
        #expect(try client.answer().status == status, "\(count) bytes in a chunk")
      }
    }
  }

  @Test("a client that asks before it sends too much is told at once")
  func expectation() throws {
    try withServer(handler: Self.echo) { port, _ in
      for (length, first) in [(HTTPLimits().bodyBytesMax, 100), (HTTPLimits().bodyBytesMax + 1, 413)] {
        let client = try RawClient(port: port)
        try client.send(
          "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: \(length)\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.answer(hasBody: false).status == first)
      }
      let large = HTTPLimits().discardedBytesMax + 1
      let client = try RawClient(port: port)
      try client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: \(large)\r\n\r\n")
      #expect(try client.answer().status == 413)
      #expect(client.isClosed(withinSeconds: 60))
    }
  }

  @Test("headers beyond the limit are 431, below it they arrive")
  func headers() throws {
    try withServer(handler: Self.echo) { port, _ in
      let client = try RawClient(port: port)
      let long = try client.request("GET", "/", ["X-Test: " + String(repeating: "h", count: 16_000)])
      #expect(long.status == 200)
      let longer = try RawClient(port: port).request(
        "GET", "/", ["X-Test: " + String(repeating: "h", count: 64_000)])
      #expect(longer.status == 431)
      let target = try RawClient(port: port).request("GET", "/" + String(repeating: "p", count: 64_000))
      #expect(target.status == 414 || target.status == 431)
    }
  }

  @Test("a request cut off at any byte is never handled, and the server goes on")
  func truncated() throws {
    let handled = Counter()
    try withServer(handler: { request in
      handled.next()
      return Self.echo(request)
    }) { port, server in
      let whole = Array("POST /p?x=%20 HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nbody".utf8)
      for count in 0..<whole.count {
        let client = try RawClient(port: port)
        try client.socket.writeAll(whole[..<count], timeout: .seconds(10))
        client.socket.shutdown()
      }
      try waitUntil("the connections are gone") { server.connectionCount == 0 }
      #expect(handled.count == 0)
      #expect(try RawClient(port: port).request("GET", "/").status == 200)
    }
  }
}
