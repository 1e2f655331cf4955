import CLinux
import Glibc
import Synchronization

/// Tells when something happens in a directory or below it (inotify). A hint to look, never the truth: messages may be
/// lost, and network filesystems send none.
public final class DirectoryWatcher: Sendable {
  /// Directories watched at most; the kernel's own limit is larger on machines that matter.
  private static let directoriesMax = 4_096
  /// What is worth a look: written and closed, moved in or out, made, removed.
  private static let events = UInt32(
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR)

  private let root: String
  private let descriptor: Int32
  private let stopped: Wakeup
  private let watched = Mutex<Set<String>>([])

  /// Watches `root` and what is below it.
  public init(_ root: String) throws(Errno) {
    self.root = root
    stopped = try Wakeup()
    descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else { throw .last("inotify_init1", root) }
    guard inotify_add_watch(descriptor, root, Self.events) >= 0 else {
      let error = Errno.last("inotify_add_watch", root)
      close(descriptor)
      throw error
    }
    watchBelow(root)
  }

  deinit { close(descriptor) }

  /// Calls `body` after every burst of events, until `stop`. Runs on a thread of its own.
  public func run(_ body: () -> Void) {
    while true {
      let entries = [Poll.Entry(descriptor, .read), Poll.Entry(stopped.descriptor, .read)]
      guard let ready = Poll.wait(entries, deadline: nil), !ready.contains(1) else { return }
      drain()
      // New directories have to be watched before the look, or what is written into them meanwhile is missed.
      watchBelow(root)
      body()
    }
  }

  /// Ends `run`.
  public func stop() { stopped.signal() }

  private func drain() {
    withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 8) { buffer in
      // SAFETY: the kernel writes at most the buffer's size; the contents are not looked at.
      while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
    }
  }

  private func watchBelow(_ directory: String) {
    guard let names = try? Files.list(directory) else { return }
    for name in names {
      let path = "\(directory)/\(name)"
      guard let kind = try? Files.identity(path)?.kind, kind == .directory else { continue }
      let isNew = watched.withLock { $0.count < Self.directoriesMax && $0.insert(path).inserted }
      if isNew, inotify_add_watch(descriptor, path, Self.events) < 0 {
        watched.withLock { _ = $0.remove(path) }
      }
      watchBelow(path)
    }
  }
}
