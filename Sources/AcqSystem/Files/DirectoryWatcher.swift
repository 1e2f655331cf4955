import AcqCore
import CLinux
import Glibc
import Synchronization

/// Tells what happens to the files of a directory and of those below it, by inotify. Links to directories are not
/// followed. One thread waits; `stop` wakes it.
public final class DirectoryWatcher: Sendable {
  /// Something that happened, with the absolute path.
  public enum Event: Hashable, Sendable {
    /// A file was made, moved in, or found in a directory that was.
    case appeared(String)
    /// Somebody who had it open for writing closed it.
    case closedWriting(String)
    /// A file or directory was removed or moved away.
    case disappeared(String)
    /// Events were lost: look at everything.
    case rescan
    /// The watched directory itself is gone: nothing more will come.
    case rootGone
  }

  private static let mask = UInt32(
    IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF
      | IN_ONLYDIR | IN_DONT_FOLLOW)
  /// Many events at a time; one takes at most 272 bytes.
  private static let bufferBytes = 64 << 10

  private struct State {
    var paths: [Int32: String] = [:]
    var isComplete = true
  }

  /// The watched directory.
  public let root: String
  private let descriptor: Int32
  private let stopped: Wakeup
  private let state = Mutex(State())

  /// Begins to watch. What is there already is not reported: walk it after this call, and nothing is missed.
  public init(_ root: String) throws(Errno) {
    self.root = root
    stopped = try Wakeup()
    descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else { throw .last("inotify_init", root) }
    guard try Files.identity(root)?.kind == .directory else {
      throw Errno(code: ENOTDIR, call: "watch", path: root)
    }
    watchAll(root) { _ in }
    guard state.withLock({ $0.paths.values.contains(root) }) else {
      throw Errno(code: ENOSPC, call: "watch", path: root)
    }
  }

  deinit { close(descriptor) }

  /// False when the kernel's limit (fs.inotify.max_user_watches) left directories unwatched: walk now and then.
  public var isComplete: Bool { state.withLock { $0.isComplete } }

  /// Directories that are watched.
  public var directoryCount: Int { state.withLock { $0.paths.count } }

  /// Makes `wait` return, now and from now on.
  public func stop() { stopped.signal() }

  /// What has happened since the last call, in order; waits until something has, `timeout` (nil: none) has passed or
  /// `stop` was called, and is empty then.
  public func wait(timeout: Duration?) throws(Errno) -> [Event] {
    let deadline = timeout.map { Clock.monotonic() + $0 }
    while true {
      let entries = [Poll.Entry(descriptor, .read), Poll.Entry(stopped.descriptor, .read)]
      guard let ready = Poll.wait(entries, deadline: deadline), !ready.contains(1) else { return [] }
      let events = try readEvents()
      if !events.isEmpty { return events }
    }
  }

  /// Calls `body` after every burst of events, until `stop`, or until the root is gone. On a thread of its own.
  public func run(_ body: () -> Void) {
    while let events = try? wait(timeout: nil), !events.isEmpty {
      body()
      if events.contains(.rootGone) { return }
    }
  }

  private func readEvents() throws(Errno) -> [Event] {
    var bytes = [UInt8](repeating: 0, count: Self.bufferBytes)
    let count = bytes.withUnsafeMutableBytes { buffer in
      // SAFETY: the array owns `buffer` for the duration of the call.
      retrying { read(descriptor, buffer.baseAddress, buffer.count) }
    }
    guard count >= 0 else {
      if Errno.lastCode == EAGAIN { return [] }
      throw .last("inotify", root)
    }
    var events: [Event] = []
    var rest = bytes[..<count]
    let header = MemoryLayout<inotify_event>.size
    while rest.count >= header {
      // SAFETY: at least a header's bytes are there; loadUnaligned copies them.
      let event = rest.withUnsafeBytes { $0.loadUnaligned(as: inotify_event.self) }
      let name = rest.dropFirst(header).prefix(Int(event.len)).prefix { $0 != 0 }
      handle(event.wd, event.mask, Array(name), &events)
      rest = rest.dropFirst(header + Int(event.len))
    }
    return events
  }

  private func handle(_ watch: Int32, _ mask: UInt32, _ name: [UInt8], _ events: inout [Event]) {
    let has = { (flag: Int32) in mask & UInt32(bitPattern: flag) != 0 }
    if has(Int32(IN_Q_OVERFLOW)) {
      // Directories may have come meanwhile: watch what is not watched yet.
      watchAll(root) { _ in }
      events.append(.rescan)
      return
    }
    guard let directory = state.withLock({ $0.paths[watch] }) else { return }
    if has(Int32(IN_IGNORED)) {
      state.withLock { _ = $0.paths.removeValue(forKey: watch) }
      return
    }
    if has(Int32(IN_DELETE_SELF)) || has(Int32(IN_MOVE_SELF)) || has(Int32(IN_UNMOUNT)) {
      if directory == root { events.append(.rootGone) }
      return
    }
    let path = directory + "/" + PathText.text(name)
    let isDirectory = has(Int32(bitPattern: UInt32(IN_ISDIR)))
    if has(Int32(IN_CREATE)) || has(Int32(IN_MOVED_TO)) {
      guard isDirectory else { return events.append(.appeared(path)) }
      // Files that came before the watch did are found by looking.
      watchAll(path) { events.append(.appeared($0)) }
    } else if has(Int32(IN_CLOSE_WRITE)) {
      events.append(.closedWriting(path))
    } else {
      if isDirectory, has(Int32(IN_MOVED_FROM)) { unwatchAll(path) }
      events.append(.disappeared(path))
    }
  }

  private func watchAll(_ directory: String, report: (String) -> Void) {
    watch(directory)
    // A directory that cannot be read, or went away meanwhile, has nothing for us; the next walk sees what comes.
    try? Files.walk(directory) { path, identity in
      if identity.kind == .directory { watch(path) }
      if identity.kind == .file { report(path) }
    }
  }

  private func watch(_ directory: String) {
    let number = withPath(directory) { inotify_add_watch(descriptor, $0, Self.mask) }
    let isLimit = number < 0 && Errno.lastCode == ENOSPC
    state.withLock { state in
      if number >= 0 { state.paths[number] = directory }
      if isLimit { state.isComplete = false }
    }
  }

  private func unwatchAll(_ directory: String) {
    let gone = state.withLock { state in
      state.paths.filter { $0.value == directory || $0.value.hasPrefix(directory + "/") }.map(\.key)
    }
    for watch in gone { inotify_rm_watch(descriptor, watch) }
  }
}
