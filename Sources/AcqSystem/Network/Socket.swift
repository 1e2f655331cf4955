import AcqCore
import CLinux
import Glibc

/// A connected stream socket: blocking calls with deadlines, woken by `shutdown` and `abort` from any thread.
/// One thread reads and one writes; the descriptor is closed with the last reference.
public final class Socket: Sendable {
  /// The options of protocol §7.
  private enum Options {
    /// After this long without an acknowledgement the kernel gives up.
    static let userTimeoutMs: Int32 = 5_000
    /// Unsent bytes that the kernel queues: more would stand before an urgent frame.
    static let unsentBytes: Int32 = 128 << 10
    /// DSCP LE (RFC 8622), as a traffic class: our bulk yields to telemetry and voice.
    static let lowerEffort: Int32 = 1 << 2
  }

  /// What a read met.
  public enum ReadResult: Hashable, Sendable {
    /// So many bytes were appended; at least one.
    case bytes(Int)
    /// The other side, or `shutdown` here, ended the stream.
    case ended
    /// Nothing came in time.
    case timedOut
  }

  private let descriptor: Int32
  /// The other end.
  public let peerAddress: SocketAddress

  init(adopting descriptor: Int32, peer: SocketAddress) throws(Errno) {
    self.descriptor = descriptor
    peerAddress = peer
    guard fcntl(descriptor, F_SETFL, O_NONBLOCK | fcntl(descriptor, F_GETFL)) != -1 else {
      throw .last("fcntl", peer.description)
    }
    guard peer.family != AF_UNIX else { return }
    // A peer that has gone by now is not an error of the options; the next read tells.
    _ = acq_tune(descriptor, Options.userTimeoutMs, Options.unsentBytes, Options.lowerEffort)
  }

  deinit { close(descriptor) }

  /// Connects to one address. ETIMEDOUT after `timeout`; ECANCELED when `cancel` is signalled first.
  public static func connect(
    to address: SocketAddress, timeout: Duration, cancel: Wakeup? = nil
  ) throws(Errno) -> Socket {
    let deadline = Clock.monotonic() + timeout
    let descriptor = socket(
      address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw .last("socket", address.description) }
    var code = address.withPointer { Glibc.connect(descriptor, $0, $1) == 0 ? 0 : Errno.lastCode }
    if code == EINPROGRESS || code == EINTR {
      var entries = [Poll.Entry(descriptor, .write)]
      if let cancel { entries.append(Poll.Entry(cancel.descriptor, .read)) }
      switch Poll.wait(entries, deadline: deadline) {
      case nil: code = ETIMEDOUT
      case .some(let ready): code = ready.contains(1) ? ECANCELED : acq_socket_error(descriptor)
      }
    }
    guard code == 0 else {
      close(descriptor)
      throw Errno(code: code, call: "connect", path: address.description)
    }
    return try Socket(adopting: descriptor, peer: address)
  }

  /// Connects to a name or address: every address that it has, one after the other, all within `timeout`. The
  /// resolver's time is not counted. To try addresses side by side, `SocketAddress.resolve` first.
  public static func connect(
    host: String, port: UInt16, timeout: Duration, cancel: Wakeup? = nil
  ) throws(Errno) -> Socket {
    let deadline = Clock.monotonic() + timeout
    var failure = Errno(code: EADDRNOTAVAIL, call: "connect", path: host)
    for address in try SocketAddress.resolve(host, port: port) {
      do {
        return try connect(to: address, timeout: max(.zero, deadline - Clock.monotonic()), cancel: cancel)
      } catch {
        failure = error
        if error.isCancelled || error.isTimedOut { break }
      }
    }
    throw failure
  }

  /// Appends up to `count` bytes to `buffer`, as soon as there are any; waits at most `timeout` (nil: for
  /// ever).
  public func read(
    into buffer: inout [UInt8], upTo count: Int, timeout: Duration? = nil
  ) throws(Errno) -> ReadResult {
    precondition(count > 0, "a read asks for bytes")
    let deadline = timeout.map { Clock.monotonic() + $0 }
    while true {
      let result = withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { space -> Int in
        // SAFETY: `space` is ours for the duration of this closure and has room for `count` bytes; only the
        // bytes that the kernel filled are read.
        let result = retrying { recv(descriptor, space.baseAddress, count, 0) }
        if result > 0 { buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: space[..<result])) }
        return result
      }
      if result > 0 { return .bytes(result) }
      if result == 0 { return .ended }
      guard Errno.lastCode == EAGAIN else { throw failure("recv") }
      guard Poll.wait([Poll.Entry(descriptor, .read)], deadline: deadline) != nil else { return .timedOut }
    }
  }

  /// Writes all of `bytes`. ETIMEDOUT when the peer takes nothing for `timeout` (nil: for ever); then, as
  /// after every error, an unknown part was written and the connection is of no more use.
  public func writeAll(_ bytes: ArraySlice<UInt8>, timeout: Duration? = nil) throws(Errno) {
    let code = bytes.withUnsafeBytes { buffer -> Int32 in
      // SAFETY: the slice owns `buffer` for the duration of this closure.
      var written = 0
      while written < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        let result = retrying { send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL)) }
        if result > 0 { written += result }
        if result >= 0 { continue }
        guard Errno.lastCode == EAGAIN else { return Errno.lastCode }
        let deadline = timeout.map { Clock.monotonic() + $0 }
        guard Poll.wait([Poll.Entry(descriptor, .write)], deadline: deadline) != nil else { return ETIMEDOUT }
      }
      return 0
    }
    guard code == 0 else { throw Errno(code: code, call: "send", path: peerAddress.description) }
  }

  /// Writes a whole array.
  public func writeAll(_ bytes: [UInt8], timeout: Duration? = nil) throws(Errno) {
    try writeAll(bytes[...], timeout: timeout)
  }

  /// Says that nothing more will be written; the peer reads the end after what was sent.
  public func finishWriting() { Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

  /// Ends both directions and wakes whoever waits here; what was written is still delivered.
  public func shutdown() { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Ends the connection with RST, now: what was not delivered is dropped, and whoever waits here is woken.
  public func abort() {
    // The kernel may refuse while another call is inside the socket; then RST goes out with the close.
    if acq_abort(descriptor) != 0 { shutdown() }
  }

  /// This end's address.
  public var localAddress: SocketAddress? { Socket.localAddress(of: descriptor) }

  /// The user and group ids at the other end of a Unix socket; nil for TCP.
  public var peerUser: (user: UInt32, group: UInt32)? {
    guard peerAddress.family == AF_UNIX else { return nil }
    var (user, group): (UInt32, UInt32) = (0, 0)
    return acq_peer_user(descriptor, &user, &group) == 0 ? (user, group) : nil
  }

  static func localAddress(of descriptor: Int32) -> SocketAddress? {
    address { getsockname(descriptor, $0, $1) }
  }

  static func address(
    _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      // SAFETY: sockaddr_storage has room for and the alignment of every address; the kernel fills `length`.
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        call(address, &length) == 0
          ? SocketAddress(address, length: min(Int(length), MemoryLayout<sockaddr_storage>.size)) : nil
      }
    }
  }

  private func failure(_ call: String) -> Errno { .last(call, peerAddress.description) }
}
