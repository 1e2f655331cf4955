import AcqCore
import AcqStore
import AcqSystem
import TestSupport
import Testing

/// A real filesystem of 64 MB that is really full: what ENOSPC does to SQLite's log cannot be simulated.
@Suite("Store: a full disk", .needsRoot) struct FullDiskTests {
  private func run(_ tool: String, _ arguments: [String]) throws -> Int32 {
    let log = try TemporaryDirectory()
    return try ChildProcess(Tools.require(tool), arguments, outputPath: log.path + "/log").wait()
  }

  private func fill(_ path: String) throws {
    let filler = try FileSink(creating: path)
    let piece = [UInt8](repeating: 1, count: 64 << 10)
    while (try? filler.write(piece[...])) != nil {}
  }

  @Test("commits go on with the ballast; pulls stop, lose nothing and resume with room")
  func full() throws {
    let directory = try TemporaryDirectory()
    let mounted = directory.path + "/volume"
    try Files.makeDirectories(mounted)
    // A container may not be allowed to mount; the simulated ENOSPC of InterruptionTests covers the order there.
    guard try run("mount", ["-t", "tmpfs", "-o", "size=64m", "acqd-test", mounted]) == 0 else { return }
    defer { _ = try? run("umount", ["-l", mounted]) }
    let world = try World(in: mounted, keepsUnlinked: false)
    let sample = Sample(seed: 1, sizeBytes: 8 << 20)
    try world.receive(sample)
    try fill(mounted + "/filler")
    // A pull is refused before anything is fetched.
    let other = Sample(seed: 2, sizeBytes: 8 << 20)
    let refused = #expect(throws: StoreError.self) { try world.receive(other) }
    #expect(refused?.kind == .noSpace && refused?.isTransient == true)
    #expect(world.store.hasBallast, "a pull never takes the ballast")
    // Commits go on: the first that finds no room takes the ballast.
    var commits = 0
    while world.store.hasBallast, commits < 500 {
      var change = NodeChange()
      change.notes = ["n\(commits)": String(repeating: "x", count: 20_000)]
      try world.commit(&change)
      commits += 1
    }
    #expect(!world.store.hasBallast && commits > 0)
    try world.expectInvariants()
    #expect(try !world.store.restoreBallast())
    try Files.unlink(mounted + "/filler")
    #expect(try world.store.restoreBallast())
    try world.receive(other)
    try world.reopen()
    try world.expectInvariants()
    #expect(try world.store.database.problems().isEmpty)
    #expect(try world.store.database.note("n0") != nil)
  }
}
