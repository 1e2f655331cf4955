import AcqCore
import CLinux
import Glibc

/// A flag that threads can wait for together with sockets. Once signalled it stays so until `reset`.
public final class Wakeup: Sendable {
  /// The eventfd; readable while signalled.
  let descriptor: Int32

  /// Not signalled.
  public init() throws(Errno) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else { throw .last("eventfd") }
  }

  deinit { close(descriptor) }

  /// Wakes all who wait, and all who will.
  public func signal() {
    var one: UInt64 = 1
    _ = retrying { write(descriptor, &one, 8) }
  }

  /// Not signalled any more.
  public func reset() {
    var count: UInt64 = 0
    _ = retrying { read(descriptor, &count, 8) }
  }

  /// Whether it is signalled.
  public var isSignalled: Bool { wait(timeout: .zero) }

  /// Waits until signalled or `timeout` has passed (nil: for ever); returns whether it is signalled.
  @discardableResult
  public func wait(timeout: Duration?) -> Bool {
    Poll.wait([Poll.Entry(descriptor, .read)], deadline: timeout.map { Clock.monotonic() + $0 })
      .map { !$0.isEmpty } ?? false
  }
}

/// poll(2) with deadlines on the monotonic clock.
enum Poll {
  enum Interest { case read, write }
  struct Entry {
    let descriptor: Int32
    let interest: Interest
    init(_ descriptor: Int32, _ interest: Interest) {
      self.descriptor = descriptor
      self.interest = interest
    }
  }

  /// The indexes of entries that are ready, broken or hung up; nil when the deadline passed first.
  static func wait(_ entries: [Entry], deadline: Instant?) -> [Int]? {
    var list = entries.map {
      pollfd(fd: $0.descriptor, events: Int16($0.interest == .read ? POLLIN : POLLOUT), revents: 0)
    }
    while true {
      let result = poll(&list, nfds_t(list.count), milliseconds(until: deadline))
      if result > 0 { return list.indices.filter { list[$0].revents != 0 } }
      if let deadline, Clock.monotonic() >= deadline { return nil }
    }
  }

  /// Rounded up, so that a short wait is not a busy one; long waits are cut and taken up again by the loop.
  private static func milliseconds(until deadline: Instant?) -> Int32 {
    guard let deadline else { return -1 }
    let left = (deadline - Clock.monotonic()).inNanoseconds
    return Int32(clamping: max(0, (left + 999_999) / 1_000_000))
  }
}
