import AcqCore
import CLinux
import Glibc

/// A listening TCP or Unix socket. `accept` blocks; `stop` wakes it.
public final class Listener: Sendable {
  /// Connections that the kernel completes before we take them.
  private static let backlog: Int32 = 256

  private let stopped: Wakeup
  /// The listening descriptor, for libraries that accept themselves. Closed with the last reference.
  public let descriptor: Int32
  /// Where it listens, with the port that the kernel chose for port 0.
  public let address: SocketAddress
  private let unixPath: String?

  /// Listens on `host` (a name, an address; nil: every address of this machine, IPv4 and IPv6) and `port` (0:
  /// any).
  public init(host: String?, port: UInt16) throws(Errno) {
    stopped = try Wakeup()
    var failure = Errno(code: EADDRNOTAVAIL, call: "bind", path: host ?? "*")
    for wanted in try SocketAddress.resolve(host, port: port) {
      do throws(Errno) {
        let descriptor = try Listener.open(wanted)
        guard let address = Socket.localAddress(of: descriptor) else { throw Errno.last("getsockname") }
        self.descriptor = descriptor
        self.address = address
        unixPath = nil
        return
      } catch {
        failure = error
      }
    }
    throw failure
  }

  /// Listens on a Unix socket at `path`, replacing a socket that a dead process left there, with exactly
  /// these `permissions`. The name goes away with the last reference.
  public init(unixPath path: String, permissions: UInt32 = 0o660) throws(Errno) {
    stopped = try Wakeup()
    address = try SocketAddress(unixPath: path)
    if let old = try Files.identity(path) {
      // Only ever a socket is removed: a file by that name is somebody's.
      guard old.kind == .other else { throw Errno(code: EADDRINUSE, call: "bind", path: path) }
      try Files.unlink(path)
    }
    descriptor = try Listener.open(address)
    unixPath = path
    guard withPath(path, { chmod($0, mode_t(permissions)) }) == 0 else { throw .last("chmod", path) }
  }

  deinit {
    if let unixPath { _ = try? Files.unlink(unixPath) }
    close(descriptor)
  }

  /// The port; 0 for a Unix socket.
  public var port: UInt16 { address.port }

  /// The next connection; nil when `timeout` (nil: for ever) has passed or `stop` was called. Errors that
  /// belong to one connection are passed over; EMFILE and the like are thrown, and waiting a moment helps.
  public func accept(timeout: Duration? = nil) throws(Errno) -> Socket? {
    let deadline = timeout.map { Clock.monotonic() + $0 }
    while true {
      let entries = [Poll.Entry(descriptor, .read), Poll.Entry(stopped.descriptor, .read)]
      guard let ready = Poll.wait(entries, deadline: deadline), !ready.contains(1) else { return nil }
      let accepted = retrying { acq_accept(descriptor) }
      if accepted >= 0 {
        let peer = address.family == AF_UNIX ? address : Socket.address { getpeername(accepted, $0, $1) }
        if let peer { return try Socket(adopting: accepted, peer: peer) }
        close(accepted)
        continue
      }
      guard [EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF, EINVAL, ENOTSOCK].contains(Errno.lastCode) else {
        continue
      }
      throw .last("accept", address.description)
    }
  }

  /// No more connections: `accept` returns nil, now and from now on.
  public func stop() { stopped.signal() }

  /// Whether `stop` was called.
  public var isStopped: Bool { stopped.isSignalled }

  private static func open(_ address: SocketAddress) throws(Errno) -> Int32 {
    let descriptor = socket(
      address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw .last("socket", address.description) }
    var one: Int32 = 1
    var zero: Int32 = 0
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    if address.family == AF_INET6, address.host == "::" {
      setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &zero, 4)
    }
    guard address.withPointer({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, backlog) == 0 else {
      let error = Errno.last("bind", address.description)
      close(descriptor)
      throw error
    }
    return descriptor
  }
}
