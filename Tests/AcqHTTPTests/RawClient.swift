import AcqCore
import AcqHTTP
import AcqSystem
import Synchronization
import TestSupport

/// Speaks HTTP over a bare socket, so that tests see and send exactly what is on the wire.
final class RawClient {
  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  let socket: Socket
  private var received: [UInt8] = []

  init(port: UInt16, host: String = "127.0.0.1") throws {
    socket = try Socket.connect(host: host, port: port, timeout: .seconds(10))
  }

  func send(_ text: String) throws { try socket.writeAll(Array(text.utf8), timeout: .seconds(10)) }

  /// A whole request without a body.
  func request(_ method: String, _ target: String, _ headers: [String] = []) throws -> Answer {
    let lines = ["\(method) \(target) HTTP/1.1", "Host: test"] + headers
    try send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    return try answer(hasBody: method != "HEAD")
  }

  /// The next answer; throws when the connection ends inside it.
  func answer(hasBody: Bool = true) throws -> Answer {
    let head = try headText().split(separator: "\r\n").map(String.init)
    guard let status = head.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
      throw TestSupportError("no status line: \(head)")
    }
    var headers: [String: String] = [:]
    for line in head.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
    }
    var answer = Answer(status: status, headers: headers, body: [])
    guard hasBody, status != 304, status != 204 else { return answer }
    if headers["transfer-encoding"] == "chunked" {
      answer.body = try chunks()
    } else if let count = headers["content-length"].flatMap({ Int($0) }) {
      answer.body = try take(count)
    }
    return answer
  }

  /// Everything up to and with the empty line.
  func headText() throws -> String {
    while true {
      if let end = Self.find([13, 10, 13, 10], in: received) {
        defer { received.removeFirst(end + 4) }
        return String(decoding: received[..<end], as: UTF8.self)
      }
      try more()
    }
  }

  private func chunks() throws -> [UInt8] {
    var body: [UInt8] = []
    while true {
      while Self.find([13, 10], in: received) == nil { try more() }
      guard let end = Self.find([13, 10], in: received),
        let count = Int(String(decoding: received[..<end], as: UTF8.self), radix: 16)
      else { throw TestSupportError("no chunk size") }
      received.removeFirst(end + 2)
      body += try take(count)
      _ = try take(2)
      if count == 0 { return body }
    }
  }

  func take(_ count: Int) throws -> [UInt8] {
    while received.count < count { try more() }
    defer { received.removeFirst(count) }
    return Array(received[..<count])
  }

  /// Whether the other side closes within `seconds`, reading away what still comes.
  func isClosed(withinSeconds seconds: Double) -> Bool {
    let deadline = Clock.monotonic() + .seconds(seconds)
    var rest: [UInt8] = []
    while Clock.monotonic() < deadline {
      switch try? socket.read(into: &rest, upTo: 65_536, timeout: deadline - Clock.monotonic()) {
      case .bytes: rest.removeAll(keepingCapacity: true)
      case .timedOut: return false
      case .ended, nil: return true
      }
    }
    return false
  }

  private func more() throws {
    switch try socket.read(into: &received, upTo: 65_536, timeout: .seconds(30)) {
    case .bytes: return
    case .ended: throw TestSupportError("the connection ended")
    case .timedOut: throw TestSupportError("no answer")
    }
  }

  private static func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= needle.count else { return nil }
    return (0...bytes.count - needle.count).first { bytes[$0..<$0 + needle.count].elementsEqual(needle) }
  }
}

/// Something that happened, for threads to tell each other.
final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}

/// How often something happened.
final class Counter: Sendable {
  private let value = Atomic(0)
  var count: Int { value.load(ordering: .relaxed) }
  /// The number of this time, from 1.
  @discardableResult func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}

/// A file of any size: byte `n` is `n` modulo 251. Counts what was read of it.
final class PatternSource: ByteSource, Sendable {
  let sizeBytes: UInt64
  private let counted = Atomic<Int>(0)

  init(sizeBytes: UInt64) { self.sizeBytes = sizeBytes }

  var readBytes: Int { counted.load(ordering: .relaxed) }

  func read(at offset: UInt64, count: Int) -> [UInt8] {
    let end = min(sizeBytes, offset + UInt64(count))
    guard offset < end else { return [] }
    counted.add(Int(end - offset), ordering: .relaxed)
    return Self.bytes(offset..<end)
  }

  static func bytes(_ range: Range<UInt64>) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      var value = UInt8(range.lowerBound % 251)
      for index in 0..<range.count {
        buffer[index] = value
        value = value == 250 ? 0 : value + 1
      }
      count = range.count
    }
  }
}

/// A server on a random port of 127.0.0.1, stopped at the end of `body`.
func withServer(
  limits: HTTPLimits = HTTPLimits(), admit: @escaping @Sendable (PeerAddress) -> Bool = { _ in true },
  handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse, _ body: (UInt16, HTTPServer) throws -> Void
) throws {
  let server = HTTPServer(
    endpoints: [.tcp(host: "127.0.0.1", port: 0)], admit: admit, limits: limits, log: .silent,
    handler: handler)
  try server.start()
  defer { server.stop() }
  guard let port = server.ports.first else { throw TestSupportError("no port") }
  try body(port, server)
}

func fileResponse(_ source: any ByteSource & Sendable) -> HTTPResponse {
  .file(
    source, contentType: "application/octet-stream", etag: "cafe", fileName: "run 1.mcap", isImmutable: true,
    allowsCrossOrigin: true)
}
