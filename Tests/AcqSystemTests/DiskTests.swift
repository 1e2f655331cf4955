import AcqCore
import AcqSystem
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Disk") struct DiskTests {
  @Test(
    "paths below the root stay below it",
    arguments: ["../x", "a/../x", "a//x", "./x", "", "link/x", "a/link"])
  func beneath(path: String) throws {
    let directory = try TemporaryDirectory()
    let root = directory.path + "/root"
    try Files.makeDirectories(root + "/a")
    #expect(symlink("..", root + "/link") == 0)
    #expect(symlink("../../x", root + "/a/link") == 0)
    try Files.writeAtomically([1], to: directory.path + "/x")
    let disk = try POSIXDisk(root: root)
    #expect(throws: (any Error).self) { try disk.open(path, .readWrite) }
    #expect(throws: (any Error).self) { try disk.open(path, .create) }
    #expect(try Files.readAll(directory.path + "/x", limit: 1) == [1])
  }

  @Test("an open file gets another name even when its path now names another file")
  func linkOpen() throws {
    let directory = try TemporaryDirectory()
    let disk = try POSIXDisk(root: directory.path)
    let file = try disk.open("a", .create)
    try file.write([1], at: 0)
    try disk.rename("a", to: "b")
    try disk.open("a", .create).write([2], at: 0)
    try disk.link(file, to: "c")
    #expect(try disk.open("c", .read).read(at: 0, count: 9) == [1])
    #expect(throws: Errno.self) { try disk.link(file, to: "a") }
  }

  @Test("a faulty disk fails, crashes before, within and after a step, and then stays dead")
  func faults() throws {
    let directory = try TemporaryDirectory()
    let base = try POSIXDisk(root: directory.path)
    for (fault, size) in [
      (FaultyDisk.Fault.crashBefore(step: 1), 0), (.crashWithin(step: 1), 2), (.crashAfter(step: 1), 4),
    ] {
      _ = try base.unlink("a")
      let disk = FaultyDisk(base, fault: fault)
      let file = try disk.open("a", .create)
      #expect(throws: DiskCrash.self) { try file.write([1, 2, 3, 4], at: 0) }
      #expect(throws: DiskCrash.self) { try disk.identity("a") }
      #expect(disk.crash?.step.number == 1)
      #expect(try base.identity("a")?.sizeBytes == UInt64(size))
    }
    let disk = FaultyDisk(base, fault: .failAll(.sync, code: EIO))
    let file = try disk.open("a", .readWrite)
    #expect(throws: Errno.self) { try file.sync() }
    try file.syncData()
  }

  @Test("after a crash, what was synced is there and what was not may be gone")
  func powerCut() throws {
    let directory = try TemporaryDirectory()
    let base = try POSIXDisk(root: directory.path)
    try base.makeDirectory("d")
    var lost = 0
    for seed in UInt64(0)..<40 {
      var random = SeededRandom(seed: seed)
      let disk = FaultyDisk(base, fault: .crashBefore(step: 6))
      let kept = try disk.open("d/kept", .create)
      try kept.write([9], at: 0)
      try kept.syncData()
      try disk.syncDirectory("d")
      try kept.write([8], at: 1)
      try disk.rename("d/kept", to: "d/moved")
      #expect(throws: DiskCrash.self) { try disk.syncDirectory("d") }
      try disk.loseUnsynced(&random)
      let name = try #require(try base.list("d").first, "seed \(seed)")
      let bytes = try base.open("d/" + name, .read).read(at: 0, count: 9)
      #expect(bytes.first == 9, "seed \(seed)")
      if name == "kept" || bytes != [9, 8] { lost += 1 }
      try base.unlink("d/" + name)
    }
    #expect(lost > 10 && lost < 40)
  }
}
