import Foundation

/// Ports for daemons of a test.
public enum TestPorts {
  /// A port of 127.0.0.1 that nobody listens on, below those that the kernel hands out by itself: nobody takes it
  /// between here and the daemon's start.
  public static func unused() throws -> UInt16 {
    for _ in 0..<1000 {
      let port = UInt16.random(in: 12_000..<32_000)
      if isUnused(port) { return port }
    }
    throw TestSupportError("no free port on 127.0.0.1")
  }

  private static func isUnused(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}

/// A minimal HTTP client over a Unix socket, independent of ours.
enum TestSocket {
  /// One GET, with a limit of 10 s for each read.
  static func get(_ target: String, unix path: String) throws -> (status: Int, body: [UInt8]) {
    let descriptor = try connected(path)
    defer { close(descriptor) }
    let request = Array("GET \(target) HTTP/1.0\r\nHost: localhost\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
      throw TestSupportError("\(path) takes no request")
    }
    var answer: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = recv(descriptor, &piece, piece.count, 0)
      guard count >= 0 else { throw TestSupportError("\(path): \(String(cString: strerror(errno)))") }
      if count == 0 { break }
      answer += piece[..<count]
    }
    return try parse(answer)
  }

  private static func connected(_ path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw TestSupportError("no socket: \(String(cString: strerror(errno)))") }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) {
      $0.copyBytes(from: Array(path.utf8.prefix($0.count - 1)))
    }
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else {
      close(descriptor)
      throw TestSupportError("nobody answers at \(path)")
    }
    return descriptor
  }

  private static func parse(_ answer: [UInt8]) throws -> (status: Int, body: [UInt8]) {
    let end: [UInt8] = [13, 10, 13, 10]
    let line = String(decoding: answer.prefix { $0 != 13 }, as: UTF8.self)
    let head = answer.indices.first { answer[$0...].starts(with: end) }
    guard let head, let status = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
      throw TestSupportError("no HTTP answer: \(line)")
    }
    return (status, Array(answer[(head + 4)...]))
  }
}
