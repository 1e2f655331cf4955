import AcqCore
import AcqSystem
import Synchronization
import TestSupport
import Testing

@Suite("Sockets") struct SocketTests {
  /// Two ends of one TCP connection over loopback.
  private func makePair() throws -> (client: Socket, server: Socket) {
    let listener = try Listener(host: "127.0.0.1", port: 0)
    let client = try Socket.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(5))
    return (client, try #require(try listener.accept(timeout: .seconds(5))))
  }

  /// Reads until the stream ends.
  private func readAll(_ socket: Socket) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while case .bytes = try socket.read(into: &bytes, upTo: 65_536, timeout: .seconds(10)) {}
    return bytes
  }

  @Test("ten megabytes arrive whole, in order, with a slow reader's back-pressure")
  func bulk() throws {
    let (client, server) = try makePair()
    let sent = (0..<10_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let writer = try Thread.start(name: "writer") {
      try? client.writeAll(sent, timeout: .seconds(10))
      client.finishWriting()
    }
    #expect(try readAll(server) == sent)
    writer.join()
  }

  @Test("a read waits no longer than its timeout")
  func timeout() throws {
    let (client, server) = try makePair()
    var bytes: [UInt8] = []
    let start = Clock.monotonic()
    #expect(try server.read(into: &bytes, upTo: 10, timeout: .milliseconds(30)) == .timedOut)
    #expect(Clock.monotonic() - start >= .milliseconds(30))
    try client.writeAll([1, 2, 3])
    #expect(try server.read(into: &bytes, upTo: 10, timeout: .seconds(5)) == .bytes(3))
    #expect(bytes == [1, 2, 3])
  }

  @Test("a write to a peer that reads nothing ends at its timeout")
  func writeTimeout() throws {
    let (client, server) = try makePair()
    let error = #expect(throws: Errno.self) {
      try client.writeAll([UInt8](repeating: 1, count: 64 << 20), timeout: .milliseconds(50))
    }
    #expect(error?.isTimedOut == true)
    _ = server
  }

  @Test("shutdown in another thread wakes a reader and ends the stream", arguments: [true, false])
  func shutdown(abort: Bool) throws {
    let (client, server) = try makePair()
    let result = Mutex<String?>(nil)
    let reader = try Thread.start(name: "reader") {
      var bytes: [UInt8] = []
      let outcome: String
      do { outcome = "\(try server.read(into: &bytes, upTo: 10))" } catch { outcome = "error" }
      result.withLock { $0 = outcome }
    }
    if abort { server.abort() } else { server.shutdown() }
    reader.join()
    #expect(result.withLock { $0 } != nil)
    var bytes: [UInt8] = []
    if abort {
      let error = #expect(throws: Errno.self) {
        _ = try client.read(into: &bytes, upTo: 10, timeout: .seconds(5))
      }
      #expect(error?.isTransient == true, "a reset, not an orderly end: \(error?.description ?? "")")
    } else {
      #expect(try client.read(into: &bytes, upTo: 10, timeout: .seconds(5)) == .ended)
    }
  }

  @Test("connecting to a port where nobody listens is refused")
  func refused() throws {
    let port = try Listener(host: "127.0.0.1", port: 0).port
    #expect(throws: Errno.self) { try Socket.connect(host: "127.0.0.1", port: port, timeout: .seconds(5)) }
  }

  @Test("a connection attempt ends when it is cancelled, and at its timeout")
  func cancelled() throws {
    // A full backlog of one address that takes no more connections stands for a peer that is out of range.
    let address = try #require(try SocketAddress.resolve("192.0.2.1", port: 9).first)
    let cancel = try Wakeup()
    cancel.signal()
    let error = #expect(throws: Errno.self) {
      try Socket.connect(to: address, timeout: .seconds(5), cancel: cancel)
    }
    let later = #expect(throws: Errno.self) { try Socket.connect(to: address, timeout: .milliseconds(20)) }
    // Without a route the kernel answers at once; with one, silence.
    #expect(error?.isCancelled == true || error?.isTransient == true)
    #expect(later?.isTransient == true)
  }

  @Test("stop wakes a listener that waits, now and from then on")
  func stop() throws {
    let listener = try Listener(host: nil, port: 0)
    let thread = try Thread.start(name: "stopper") { listener.stop() }
    #expect(try listener.accept() == nil)
    #expect(try listener.accept() == nil)
    thread.join()
  }

  @Test("a listener on every address takes IPv4 and IPv6")
  func bothFamilies() throws {
    let listener = try Listener(host: nil, port: 0)
    for host in ["127.0.0.1", "::1", "localhost"] {
      guard let client = try? Socket.connect(host: host, port: listener.port, timeout: .seconds(5)) else {
        #expect(host == "::1", "IPv4 works everywhere")
        continue
      }
      let server = try #require(try listener.accept(timeout: .seconds(5)))
      #expect(server.peerAddress.isLoopback)
      #expect(!server.peerAddress.host.hasPrefix("::ffff:"))
      _ = client
    }
  }

  @Test("a Unix socket replaces a dead one, refuses to replace a file, and knows its peer")
  func unixSocket() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/acqd.sock"
    do { _ = try Listener(unixPath: path) }
    #expect(!Files.exists(path))
    let listener = try Listener(unixPath: path, permissions: 0o660)
    #expect(try Files.identity(path)?.permissions == 0o660)
    let client = try Socket.connect(to: SocketAddress(unixPath: path), timeout: .seconds(5))
    let server = try #require(try listener.accept(timeout: .seconds(5)))
    #expect(server.peerUser != nil)
    try client.writeAll(Array("hello".utf8))
    client.finishWriting()
    #expect(try readAll(server) == Array("hello".utf8))
    let file = directory.path + "/notes"
    try Files.writeAtomically([1], to: file)
    #expect(throws: Errno.self) { try Listener(unixPath: file) }
  }

  @Test(
    "hosts and ports are read as people write them",
    arguments: [
      ("cloud.example:7700", "cloud.example", 7700), ("10.0.0.4:1", "10.0.0.4", 1),
      ("[::1]:65535", "::1", 65535),
      ("[fe80::1%eth0]:7", "fe80::1%eth0", 7), (":80", "", 80), ("fe80::1", "fe80::1", 9),
      ("host", "host", 9),
    ])
  func hostPort(text: String, host: String, port: UInt16) {
    #expect(HostPort(parsing: text, defaultPort: 9) == HostPort(host: host, port: port))
  }

  @Test(
    "what is no host and port is refused",
    arguments: [
      "", "a b:1", "host:", "host:65536", "host:-1", "host:+1", "[::1]", "[::1", "[host]:1", "::1", "a\n:1",
    ])
  func badHostPort(text: String) { #expect(HostPort(parsing: text) == nil) }
}
