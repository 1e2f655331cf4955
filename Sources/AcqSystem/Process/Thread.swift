import CLinux
import Glibc
import Synchronization

/// One OS thread with a name, for blocking work. It runs its body once.
public final class Thread: Sendable {
  /// Enough for parsers of limited nesting; untouched pages cost nothing.
  private static let stackBytes = 1 << 20

  private struct Body: Sendable {
    let name: String
    let run: @Sendable () -> Void
  }
  private final class Box: Sendable {
    let body: Body
    init(_ body: Body) { self.body = body }
  }

  private let handle: Mutex<pthread_t?>

  private init(_ thread: pthread_t) { handle = Mutex(thread) }

  deinit {
    handle.withLock { if let thread = $0 { pthread_detach(thread) } }
  }

  /// Starts `body` on a thread of its own, shown as `name` (15 characters) in `top`. Throws EAGAIN when the
  /// machine has no more threads. A thread that nobody joins ends by itself.
  @discardableResult
  public static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) -> Thread {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    // SAFETY: the box is retained here and released exactly once, by the new thread, or below if there is
    // none.
    let box = Unmanaged.passRetained(Box(Body(name: name, run: body)))
    var thread = pthread_t()
    let code = pthread_create(&thread, &attributes, { Thread.main($0) }, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw Errno(code: code, call: "pthread_create", path: name)
    }
    return Thread(thread)
  }

  /// Waits until the body has returned. Joining again returns at once; a thread may not join itself.
  public func join() {
    let thread = handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
    guard let thread else { return }
    precondition(pthread_equal(thread, pthread_self()) == 0, "a thread does not join itself")
    pthread_join(thread, nil)
  }

  private static func main(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { preconditionFailure("start passes a box") }
    // SAFETY: `start` retained this box for us, and only for us.
    let body = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body
    acq_thread_name(String(decoding: body.name.utf8.prefix(15), as: UTF8.self))
    body.run()
    return nil
  }
}
