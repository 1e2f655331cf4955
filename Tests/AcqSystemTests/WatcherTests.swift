import AcqCore
import AcqSystem
import Glibc
import TestSupport
import Testing

@Suite("Directory watcher") struct WatcherTests {
  private func write(_ path: String) throws { try FileSink(creating: path).write([1]) }

  /// Waits until an event has come.
  private func expect(_ wanted: DirectoryWatcher.Event, _ watcher: DirectoryWatcher) throws {
    let deadline = Clock.monotonic() + .seconds(10)
    while Clock.monotonic() < deadline {
      if try watcher.wait(timeout: .seconds(10)).contains(wanted) { return }
    }
    Issue.record("\(wanted) did not come")
  }

  @Test("files that come, close and go are told, also in directories that came later")
  func events() throws {
    let directory = try TemporaryDirectory()
    try Files.makeDirectories(directory.path + "/a/b")
    let watcher = try DirectoryWatcher(directory.path)
    #expect(watcher.directoryCount == 3 && watcher.isComplete)
    try write(directory.path + "/1.mcap")
    try expect(.closedWriting(directory.path + "/1.mcap"), watcher)
    try write(directory.path + "/a/b/2.mcap")
    try expect(.closedWriting(directory.path + "/a/b/2.mcap"), watcher)
    try Files.rename(directory.path + "/1.mcap", to: directory.path + "/a/3.mcap")
    try expect(.appeared(directory.path + "/a/3.mcap"), watcher)
    try Files.unlink(directory.path + "/a/3.mcap")
    try expect(.disappeared(directory.path + "/a/3.mcap"), watcher)
    // A whole tree moves in: its files are found, and it is watched from now on.
    let other = try TemporaryDirectory()
    try Files.makeDirectories(other.path + "/day/run")
    try write(other.path + "/day/run/4.mcap")
    try Files.rename(other.path + "/day", to: directory.path + "/day")
    try expect(.appeared(directory.path + "/day/run/4.mcap"), watcher)
    try write(directory.path + "/day/run/5.mcap")
    try expect(.closedWriting(directory.path + "/day/run/5.mcap"), watcher)
    #expect(watcher.directoryCount == 5)
  }

  @Test("a tree that moved away is not watched any more; a root that goes is told")
  func gone() throws {
    let directory = try TemporaryDirectory()
    let root = directory.path + "/root"
    try Files.makeDirectories(root + "/a/b")
    let watcher = try DirectoryWatcher(root)
    try Files.rename(root + "/a", to: directory.path + "/away")
    try expect(.disappeared(root + "/a"), watcher)
    _ = try watcher.wait(timeout: .milliseconds(10))
    #expect(watcher.directoryCount == 1)
    try Files.removeDirectory(root)
    try expect(.rootGone, watcher)
  }

  @Test("links are not followed, and stop wakes who waits")
  func links() throws {
    let directory = try TemporaryDirectory()
    try Files.makeDirectories(directory.path + "/root")
    try Files.makeDirectories(directory.path + "/outside")
    #expect(symlink("../outside", directory.path + "/root/link") == 0)
    let watcher = try DirectoryWatcher(directory.path + "/root")
    #expect(watcher.directoryCount == 1)
    let stopper = try Thread.start(name: "stopper") { watcher.stop() }
    #expect(try watcher.wait(timeout: nil).isEmpty)
    stopper.join()
    #expect(throws: Errno.self) { try DirectoryWatcher(directory.path + "/missing") }
    #expect(throws: Errno.self) { try DirectoryWatcher(directory.path + "/root/link") }
  }

  @Test("when more happens than the kernel keeps, a rescan is asked for")
  func overflow() throws {
    let directory = try TemporaryDirectory()
    let watcher = try DirectoryWatcher(directory.path)
    let limit = try Files.readAll("/proc/sys/fs/inotify/max_queued_events", limit: 32)
    let count = try #require(Int(String(decoding: limit.dropLast(), as: UTF8.self)))
    guard count <= 50_000 else { return }
    let path = directory.path + "/x"
    for _ in 0...count / 2 {
      try write(path)
      try Files.unlink(path)
    }
    try expect(.rescan, watcher)
  }

  @Test("a walk sees directories first, links as links, and stops at its depth")
  func walk() throws {
    let directory = try TemporaryDirectory()
    try Files.makeDirectories(directory.path + "/a/b/c")
    try write(directory.path + "/a/z")
    #expect(symlink("/etc", directory.path + "/a/y") == 0)
    var seen: [String] = []
    try Files.walk(directory.path, depthMax: 3) { path, _ in
      seen.append(String(path.dropFirst(directory.path.count)))
    }
    #expect(seen == ["/a", "/a/b", "/a/b/c", "/a/y", "/a/z"])
    seen = []
    try Files.walk(directory.path, depthMax: 2) { path, _ in seen.append(Files.name(of: path)) }
    #expect(seen == ["a", "b", "y", "z"])
  }
}

@Suite("Child processes") struct ChildProcessTests {
  @Test("a child's end is known, once and for all")
  func status() throws {
    let log = try TemporaryDirectory()
    let child = try ChildProcess(
      "/bin/sh", ["-c", "echo out; echo err >&2; exit 3"], outputPath: log.path + "/a")
    #expect(child.wait() == 3)
    #expect(child.wait() == 3 && child.exitStatus() == 3)
    child.signal(.terminate)
    #expect(try Files.readAll(log.path + "/a", limit: 99) == Array("out\nerr\n".utf8))
    let killed = try ChildProcess("/bin/sleep", ["60"], outputPath: log.path + "/b")
    #expect(killed.exitStatus() == nil)
    killed.signal(.terminate)
    #expect(killed.wait() == 128 + 15)
    #expect(throws: Errno.self) { try ChildProcess("/no/such/program", [], outputPath: log.path + "/c") }
  }

  @Test("a child inherits neither blocked nor ignored signals nor open files")
  func inheritance() throws {
    let directory = try TemporaryDirectory()
    let kept = try FileSink(creating: directory.path + "/kept")
    let log = directory.path + "/log"
    let blocked = try Thread.start(name: "blocker") {
      Signals.block()
      _ = try? ChildProcess("/bin/ls", ["/proc/self/fd"], outputPath: log).wait()
      _ = try? ChildProcess("/bin/grep", ["-E", "SigBlk|SigIgn", "/proc/self/status"], outputPath: log).wait()
    }
    blocked.join()
    _ = kept
    let lines = String(decoding: try Files.readAll(log, limit: 1_000), as: UTF8.self).split(separator: "\n")
    #expect(lines.prefix(4) == ["0", "1", "2", "3"], "3 is the directory that ls reads")
    let masks = lines.dropFirst(4).compactMap {
      $0.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
    }
    // What the test's own parent ignores, such as ^C in the background, is its affair.
    #expect(masks.count == 2 && masks[0] == 0 && masks[1] >> UInt64(SIGPIPE - 1) & 1 == 0, "\(lines)")
  }
}
