import AcqCore
import AcqHTTP
import AcqSystem
import Foundation
import TestSupport
import Testing

/// Fails after some bytes.
private struct FullSink: ByteSink {
  struct Full: Error {}
  var roomBytes: Int
  mutating func write(_ bytes: ArraySlice<UInt8>) throws {
    roomBytes -= bytes.count
    guard roomBytes >= 0 else { throw Full() }
  }
}

@Suite("HTTP: the Unix socket and the client") struct ClientTests {
  private static func unixServer(_ path: String, _ handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse)
    -> HTTPServer
  {
    HTTPServer(endpoints: [.unix(path: path)], admit: { _ in false }, log: .silent, handler: handler)
  }

  @Test("the Unix socket serves the same, knows its user, and its file comes and goes")
  func unixSocket() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/acqd.sock"
    let server = Self.unixServer(path) { request in
      .text(200, "\(request.peer) \(request.isLocalSocket) \(request.localUserID ?? 999_999)")
    }
    try server.start()
    let identity = try Files.identity(path)
    #expect(identity?.permissions == 0o660)
    let answer = try HTTPClient(unixSocket: path).get("/x?y=1")
    #expect(answer.status == 200 && String(decoding: answer.body, as: UTF8.self) == "local true \(getuid())")
    server.stop()
    #expect(!Files.exists(path))
    let error = #expect(throws: HTTPError.self) { try HTTPClient(unixSocket: path).get("/") }
    #expect(error?.kind == .unreachable && error?.isTransient == true)
  }

  @Test("a socket that a dead process left is replaced, a file is not")
  func stale() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/acqd.sock"
    let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    try SocketAddressSupport.bind(stale, path)
    close(stale)
    #expect(Files.exists(path))
    let server = Self.unixServer(path) { _ in .text(200, "new") }
    try server.start()
    #expect(try HTTPClient(unixSocket: path).get("/").status == 200)
    server.stop()

    try Files.writeAtomically([1, 2, 3], to: path)
    let second = Self.unixServer(path) { _ in .text(200, "") }
    #expect(throws: HTTPError.self) { try second.start() }
    #expect(try Files.readAll(path, limit: 10) == [1, 2, 3])
  }

  @Test("GET, HEAD and POST carry their headers and bodies, and errors are answers")
  func methods() throws {
    try withServer(handler: { request in
      .json(
        request.path == "/bad" ? 418 : 200,
        .members([
          "method": .string(request.isHead ? "HEAD" : request.method),
          "x": request.header("X").map(JSON.string),
          "type": request.header("Content-Type").map(JSON.string),
          "body": .string(String(decoding: request.body, as: UTF8.self)),
        ]))
    }) { port, _ in
      let client = HTTPClient(host: "127.0.0.1", port: port)
      let get = try client.get("/", headers: ["X: 7"])
      #expect(try JSON(parsing: get.body)["x"]?.string == "7")
      #expect(get.header("Content-Type") == "application/json")
      let post = try JSON(parsing: try client.post("/", body: Array("{}".utf8)).body)
      #expect(post["method"]?.string == "POST" && post["body"]?.string == "{}")
      #expect(post["type"]?.string == "application/json")
      #expect(try JSON(parsing: try client.post("/").body)["body"]?.string == "")
      #expect(try JSON(parsing: try client.send("DELETE", "/").body)["method"]?.string == "DELETE")
      let head = try client.head("/")
      #expect(head.status == 200 && head.body.isEmpty && head.header("content-length") != nil)
      let bad = try client.get("/bad")
      #expect(bad.status == 418 && !bad.body.isEmpty)
    }
  }

  @Test("a body of the limit is kept, one byte more is an error")
  func limit() throws {
    try withServer(handler: { _ in .bytes(200, [UInt8](repeating: 1, count: 70_000), contentType: "x/y") }) {
      port, _ in
      let client = HTTPClient(host: "127.0.0.1", port: port)
      let whole = try client.get("/", limitBytes: 70_000)
      #expect(whole.body.count == 70_000)
      let error = #expect(throws: HTTPError.self) { try client.get("/", limitBytes: 69_999) }
      #expect(error?.kind == .tooLarge)
    }
  }

  @Test("a download goes into its sink, and a sink that fails or a caller that has had enough ends it")
  func downloads() throws {
    let source = PatternSource(sizeBytes: 5_000_000)
    try withServer(handler: { request in
      request.path == "/none" ? .problem(404, "None", "Nothing here.") : fileResponse(source)
    }) { port, server in
      let client = HTTPClient(host: "127.0.0.1", port: port)
      var bytes = MemoryBytes()
      let response = try client.download("/x", headers: ["Range: bytes=1000000-"], to: &bytes)
      #expect(response.status == 206 && response.body.isEmpty)
      #expect(bytes.bytes == PatternSource.bytes(1_000_000..<5_000_000))
      var none = MemoryBytes()
      let missing = try client.download("/none", to: &none)
      #expect(
        missing.status == 404 && none.bytes.isEmpty
          && String(decoding: missing.body, as: UTF8.self).contains("Nothing"))
      var full = FullSink(roomBytes: 1_000_000)
      let failed = #expect(throws: HTTPError.self) { try client.download("/x", to: &full) }
      #expect(failed?.kind == .notTaken)
      var ignored = MemoryBytes()
      let cancelled = #expect(throws: HTTPError.self) {
        try client.download("/x", isCancelled: { true }, to: &ignored)
      }
      #expect(cancelled?.kind == .cancelled)
      try waitUntil("the connections are gone") { server.connectionCount == 0 }
    }
  }

  @Test("a server that does not answer in time is an error, and so is one that is not there")
  func timeouts() throws {
    try withServer(handler: { request in
      while !request.isClientGone() { Clock.sleep(.milliseconds(5)) }
      return .text(200, "")
    }) { port, _ in
      let error = #expect(throws: HTTPError.self) {
        try HTTPClient(host: "127.0.0.1", port: port).get("/", timeoutSeconds: 1)
      }
      #expect(error?.kind == .timedOut)
    }
    let nobody = try freedPort()
    let error = #expect(throws: HTTPError.self) { try HTTPClient(host: "127.0.0.1", port: nobody).get("/") }
    #expect(error?.kind == .unreachable)
  }
}

/// What Swift's sockaddr_un needs.
private enum SocketAddressSupport {
  static func bind(_ descriptor: Int32, _ path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else { throw TestSupportError("bind failed") }
  }
}

/// A port that nobody listens on.
private func freedPort() throws -> UInt16 { try Listener(host: "127.0.0.1", port: 0).port }
