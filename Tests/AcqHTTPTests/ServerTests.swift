import AcqCore
import AcqHTTP
import AcqSystem
import Synchronization
import TestSupport
import Testing

@Suite("HTTP: the server under load and misuse") struct ServerTests {
  @Test("200 slow readers do not disturb others")
  func slowReaders() throws {
    let source = PatternSource(sizeBytes: 1 << 34)
    let handler: @Sendable (HTTPRequest) -> HTTPResponse = { request in
      request.path == "/big" ? fileResponse(source) : .text(200, "quick")
    }
    try withServer(handler: handler) { port, server in
      let slow = try (0..<200).map { _ in
        let client = try RawClient(port: port)
        try client.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\n")
        return client
      }
      for client in slow { _ = try client.headText() }
      #expect(server.connectionCount == 200)
      // Each of these would wait for ever if the slow ones were in the way.
      for _ in 0..<50 { #expect(try RawClient(port: port).request("GET", "/").text == "quick") }
      for client in slow { client.socket.abort() }
      try waitUntil("the slow ones are gone") { server.connectionCount == 0 }
    }
  }

  @Test("a trickling request, an idle connection, a stuck body and a stuck reader are ended")
  func deadlines() throws {
    var limits = HTTPLimits()
    limits.headSeconds = 1
    limits.bodySeconds = 1
    limits.stallSeconds = 1
    let source = PatternSource(sizeBytes: 1 << 34)
    let ended = Counter()
    let log = Log(minimum: .debug) { _, message, _ in if message == "ended a connection" { ended.next() } }
    let server = HTTPServer(
      endpoints: [.tcp(host: "127.0.0.1", port: 0)], limits: limits, log: log
    ) { _ in fileResponse(source) }
    try server.start()
    defer { server.stop() }
    let port = try #require(server.ports.first)
    let trickling = try RawClient(port: port)
    let others = try (0..<4).map { _ in try RawClient(port: port) }
    try? others[0].send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc")
    try? others[1].send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
    try? others[2].send("GET / HT")
    // A byte now and then keeps nobody alive.
    try waitUntil("all are ended", seconds: 60) {
      try? trickling.send("x")
      return ended.count == 5
    }
    for client in others + [trickling] { #expect(client.isClosed(withinSeconds: 60)) }
    #expect(source.readBytes < 64 << 20)
  }

  @Test("who is not admitted is closed at accept, before a byte is read")
  func admission() throws {
    let asked = Mutex<[PeerAddress]>([])
    try withServer(
      admit: { peer in
        asked.withLock { $0.append(peer) }
        return false
      }, handler: { _ in .text(200, "secret") }
    ) { port, server in
      let client = try RawClient(port: port)
      #expect(client.isClosed(withinSeconds: 60))
      #expect(server.connectionCount == 0)
    }
    #expect(asked.withLock(\.self).map(\.description) == ["127.0.0.1"])
  }

  @Test("a wildcard endpoint serves IPv4 and IPv6, and IPv4 stays IPv4")
  func wildcard() throws {
    let server = HTTPServer(endpoints: [.tcp(host: nil, port: 0)], log: .silent) { .text(200, "\($0.peer)") }
    try server.start()
    defer { server.stop() }
    let port = try #require(server.ports.first)
    #expect(try RawClient(port: port).request("GET", "/").text == "127.0.0.1")
    guard let six = try? RawClient(port: port, host: "::1") else { return }
    #expect(try six.request("GET", "/").text == "::1")
  }

  @Test("a port that is taken is an error that says so, and nothing is left listening")
  func portTaken() throws {
    try withServer(handler: { _ in .text(200, "") }) { port, _ in
      let directory = try TemporaryDirectory()
      let path = directory.path + "/s.sock"
      let second = HTTPServer(
        endpoints: [.unix(path: path), .tcp(host: "127.0.0.1", port: port)], log: .silent
      ) { _ in .text(200, "") }
      let error = #expect(throws: HTTPError.self) { try second.start() }
      #expect(error?.kind == .cannotListen && error?.description.contains("\(port)") == true)
      #expect(!Files.exists(path))
    }
  }

  @Test("answers on a kept connection come without waiting for more")
  func latency() throws {
    try withServer(handler: { _ in .text(200, "x") }) { port, _ in
      let client = try RawClient(port: port)
      var seconds: [Double] = []
      for _ in 0..<40 {
        let begin = Clock.monotonic()
        _ = try client.request("GET", "/")
        seconds.append((Clock.monotonic() - begin).inSeconds)
      }
      // Nagle against delayed acknowledgements would make each of them 40 ms; a busy machine makes some of them slow.
      #expect(try #require(seconds.min()) < 0.030, "\(seconds)")
    }
  }
}

@Suite("HTTP: stopping") struct StopTests {
  private static func stopSeconds(_ server: HTTPServer) -> Double {
    let begin = Clock.monotonic()
    server.stop()
    return (Clock.monotonic() - begin).inSeconds
  }

  @Test("stop ends idle, half-open and slow connections and long handlers within 2 s")
  func within() throws {
    let isWorking = Flag()
    let source = PatternSource(sizeBytes: 1 << 34)
    var limits = HTTPLimits()
    limits.stopSeconds = 1
    let server = HTTPServer(
      endpoints: [.tcp(host: "127.0.0.1", port: 0)], limits: limits, log: .silent
    ) { request in
      guard request.path == "/long" else { return fileResponse(source) }
      isWorking.set()
      while !request.isClientGone() { Clock.sleep(.milliseconds(5)) }
      return .text(200, "")
    }
    try server.start()
    let port = try #require(server.ports.first)
    let idle = try RawClient(port: port)
    let half = try RawClient(port: port)
    try half.send("GET / HT")
    let slow = try RawClient(port: port)
    try slow.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
    _ = try slow.headText()
    let long = try RawClient(port: port)
    try long.send("GET /long HTTP/1.1\r\nHost: t\r\n\r\n")
    try waitUntil("the handler works") { isWorking.isSet }
    #expect(Self.stopSeconds(server) < 2)
    for client in [idle, half, slow, long] { #expect(client.isClosed(withinSeconds: 60)) }
    #expect(throws: Errno.self) { try RawClient(port: port) }
    #expect(Self.stopSeconds(server) < 1)
  }

  @Test("an answer that is on its way when the server stops still arrives")
  func graceful() throws {
    let isWorking = Flag()
    let mayEnd = Flag()
    var limits = HTTPLimits()
    limits.graceSeconds = 30
    limits.stopSeconds = 60
    let server = HTTPServer(
      endpoints: [.tcp(host: "127.0.0.1", port: 0)], limits: limits, log: .silent
    ) { _ in
      isWorking.set()
      while !mayEnd.isSet { Clock.sleep(.milliseconds(2)) }
      return .text(200, "whole")
    }
    try server.start()
    let client = try RawClient(port: try #require(server.ports.first))
    try client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
    try waitUntil("the handler works") { isWorking.isSet }
    let stopping = try AcqSystem.Thread.start(name: "stop") { server.stop() }
    mayEnd.set()
    #expect(try client.answer().text == "whole")
    stopping.join()
  }

  @Test("a handler that looks at nothing does not hold up stopping")
  func stubborn() throws {
    let isWorking = Flag()
    let mayEnd = Flag()
    let hasEnded = Flag()
    let warnings = Counter()
    let log = Log(minimum: .warning) { _, _, _ in warnings.next() }
    var limits = HTTPLimits()
    limits.stopSeconds = 0.7
    let server = HTTPServer(endpoints: [.tcp(host: "127.0.0.1", port: 0)], limits: limits, log: log) { _ in
      isWorking.set()
      while !mayEnd.isSet { Clock.sleep(.milliseconds(5)) }
      hasEnded.set()
      return .text(200, "")
    }
    try server.start()
    let client = try RawClient(port: try #require(server.ports.first))
    try client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
    try waitUntil("the handler works") { isWorking.isSet }
    #expect(Self.stopSeconds(server) < 2)
    #expect(warnings.count == 1)
    mayEnd.set()
    try waitUntil("the handler ended") { hasEnded.isSet }
  }
}
