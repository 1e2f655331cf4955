import AcqCore
import AcqDaemon
import AcqExport
import AcqSystem
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Export cache") struct ExportCacheTests {
  private static func names(_ directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
  }

  private static func write(_ path: String, _ count: Int) throws {
    try Data(count: count).write(to: URL(fileURLWithPath: path))
  }

  @Test("an export is made once and then comes from the cache")
  func once() throws {
    let directory = try TemporaryDirectory()
    let cache = try ExportCache(directory: directory.path, log: .silent) { 1 << 30 }
    let made = Mutex(0)
    for _ in 0..<3 {
      let outcome = cache.export("a.mat", isGone: { false }) { path, _ in
        made.withLock { $0 += 1 }
        try Self.write(path, 5)
      }
      guard case .file(let file) = outcome else { return #expect(Bool(false), "\(outcome)") }
      #expect(file.sizeBytes == 5)
    }
    #expect(made.withLock { $0 } == 1)
    #expect(try Self.names(directory.path) == ["a.mat"])
  }

  @Test("who asks while it is made joins; the work stops only when the last one leaves")
  func joining() throws {
    let directory = try TemporaryDirectory()
    let cache = try ExportCache(directory: directory.path, log: .silent) { 1 << 30 }
    let (made, isFirstGone, mayEnd) = (Monitor(0), Monitor(false), Monitor(false))
    let outcomes = Monitor<[String]>([])
    let make: @Sendable (String, @escaping @Sendable () -> Bool) throws -> Void = { path, isCancelled in
      made.change { $0 += 1 }
      while !mayEnd.withLock({ $0 }) {
        if isCancelled() { throw ExportError(.cancelled, "cancelled") }
        _ = mayEnd.wait(until: Clock.monotonic() + .milliseconds(20)) { $0 ? true : nil }
      }
      try Self.write(path, 1)
    }
    let first = try Thread.start(name: "first") {
      let outcome = cache.export("a.mat", isGone: { isFirstGone.withLock { $0 } }, make: make)
      if case .abandoned = outcome { outcomes.change { $0.append("abandoned") } }
    }
    _ = made.wait { $0 == 1 ? true : nil }
    let second = try Thread.start(name: "second") {
      let outcome = cache.export("a.mat", isGone: { false }, make: make)
      if case .file = outcome { outcomes.change { $0.append("file") } }
    }
    isFirstGone.change { $0 = true }
    first.join()
    mayEnd.change { $0 = true }
    second.join()
    #expect(outcomes.withLock { Set($0) } == ["abandoned", "file"])
    #expect(made.withLock { $0 } == 1)
  }

  @Test("when everybody left, the work is told to stop and leaves nothing")
  func leaving() throws {
    let directory = try TemporaryDirectory()
    let cache = try ExportCache(directory: directory.path, log: .silent) { 1 << 30 }
    let (began, ended) = (Monitor(false), Monitor(false))
    let outcome = cache.export("a.mat", isGone: { began.withLock { $0 } }) { path, isCancelled in
      try Self.write(path, 9)
      began.change { $0 = true }
      defer { ended.change { $0 = true } }
      while !isCancelled() { Clock.sleep(.milliseconds(5)) }
      throw ExportError(.cancelled, "cancelled")
    }
    guard case .abandoned = outcome else { return #expect(Bool(false), "\(outcome)") }
    _ = ended.wait { $0 ? true : nil }
    let path = directory.path
    try waitUntil("nothing is left") { try Self.names(path) == [] }
  }

  @Test("what cannot be made is refused with its reason, and tried again when it is asked for again")
  func refused() throws {
    let directory = try TemporaryDirectory()
    let cache = try ExportCache(directory: directory.path, log: .silent) { 1 << 30 }
    for _ in 0..<2 {
      let outcome = cache.export("a.mat", isGone: { false }) { path, _ in
        try Self.write(path, 9)
        throw ExportError(.nothingToWrite, "no topic")
      }
      guard case .refused(let error) = outcome else { return #expect(Bool(false), "\(outcome)") }
      #expect(error.kind == .nothingToWrite)
    }
    let failed = cache.export("a.mat", isGone: { false }) { _, _ in throw TestSupportError("medium") }
    guard case .failed = failed else { return #expect(Bool(false), "\(failed)") }
    #expect(try Self.names(directory.path) == [])
  }

  @Test("the oldest exports go when the cap is passed; exactly the cap fits")
  func eviction() throws {
    let directory = try TemporaryDirectory()
    let cache = try ExportCache(directory: directory.path, log: .silent) { 300 }
    for (index, name) in ["a", "b", "c"].enumerated() {
      _ = cache.export(name, isGone: { false }) { path, _ in try Self.write(path, 100) }
      // Old files, older first.
      let date = Date(timeIntervalSince1970: 1_000_000 + Double(index))
      try FileManager.default.setAttributes(
        [.modificationDate: date], ofItemAtPath: directory.path + "/" + name)
    }
    #expect(try Self.names(directory.path) == ["a", "b", "c"])
    _ = cache.export("d", isGone: { false }) { path, _ in try Self.write(path, 1) }
    #expect(try Self.names(directory.path) == ["b", "c", "d"])
    // One that is larger than the cap alone is still given, and alone stays.
    guard case .file = cache.export("e", isGone: { false }, make: { path, _ in try Self.write(path, 301) })
    else {
      return #expect(Bool(false), "an export over the cap is given all the same")
    }
    #expect(try Self.names(directory.path) == ["e"])
  }

  @Test("what a crash left half made is removed at the start, finished exports stay")
  func leftovers() throws {
    let directory = try TemporaryDirectory()
    try Self.write(directory.path + "/.making-7", 10)
    try Self.write(directory.path + "/a.mat", 10)
    _ = try ExportCache(directory: directory.path, log: .silent) { 1 << 30 }
    #expect(try Self.names(directory.path) == ["a.mat"])
  }

  @Test("at most two exports are made at once")
  func twoAtOnce() throws {
    let directory = try TemporaryDirectory()
    let cache = try ExportCache(directory: directory.path, log: .silent) { 1 << 30 }
    let counts = Monitor((now: 0, most: 0, all: 0))
    let threads = try (0..<6).map { index in
      try Thread.start(name: "client") {
        _ = cache.export("\(index).mat", isGone: { false }) { path, _ in
          counts.change { counts in
            counts.now += 1
            counts.all += 1
            counts.most = max(counts.most, counts.now)
          }
          Clock.sleep(.milliseconds(20))
          try Self.write(path, 1)
          counts.change { $0.now -= 1 }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(counts.withLock { $0.all } == 6)
    #expect(counts.withLock { $0.most } <= 2)
  }
}
