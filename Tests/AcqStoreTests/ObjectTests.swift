import AcqCore
import AcqStore
import AcqSystem
import Glibc
import TestSupport
import Testing

@Suite("Store: objects and names") struct ObjectTests {
  private func seal(_ world: World, _ sample: Sample, _ name: String) throws -> SealedContent {
    let path = "\(world.recorder)/\(name)"
    try Files.writeAtomically(sample.bytes, to: path)
    guard case .sealed(let content) = try world.seal(path) else { throw TestSupportError("not sealed") }
    return content
  }

  @Test("an object that is edited in place is found at the next open and at the next question")
  func edited() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 5_000)
    _ = try seal(world, sample, "1.mcap")
    let open = try world.store.openObject(sample.id)
    try open.checkUnchanged()
    try FileDescriptor(opening: world.recorder + "/1.mcap", .readWrite).write([9, 9], at: 100)
    let during = #expect(throws: StoreError.self) { try open.checkUnchanged() }
    let next = #expect(throws: StoreError.self) { try world.store.openObject(sample.id) }
    #expect(during?.kind == .changed && next?.kind == .changed)
    #expect(try world.store.checkObjects().map(\.id) == [sample.id])
    guard case .different = try world.store.verifyObject(sample.id) else {
      Issue.record("the bytes are others")
      return
    }
    var change = NodeChange()
    change.objectsRemoved = [sample.id]
    try world.commit(&change)
    try world.store.takeBack(sample.id)
    #expect(!Files.exists(world.path(sample.id)))
    #expect(Files.exists(world.recorder + "/1.mcap"), "the recorder's file is not ours to remove")
    try world.expectInvariants()
  }

  @Test("bit rot: only the rotten block is fetched again")
  func rot() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 3 * Limits.blockBytes)
    try world.receive(sample)
    let path = world.path(sample.id)
    let before = try #require(try Files.identity(path))
    try FileDescriptor(opening: path, .readWrite).write([0xAA], at: UInt64(Limits.blockBytes))
    try restoreTimes(path, before.modifiedNs)
    #expect(try world.store.checkObjects().isEmpty, "size, time and inode are as they were")
    guard case .different = try world.store.verifyObject(sample.id) else {
      Issue.record("scrub finds it")
      return
    }
    var change = NodeChange()
    change.objectsRemoved = [sample.id]
    try world.commit(&change)
    try world.store.takeBack(sample.id)
    world.askedBlocks = []
    try world.receive(sample)
    #expect(world.askedBlocks == [1])
    try world.expectInvariants()
  }

  private func restoreTimes(_ path: String, _ ns: Int64) throws {
    let time = timespec(tv_sec: Int(ns / 1_000_000_000), tv_nsec: Int(ns % 1_000_000_000))
    #expect(utimensat(AT_FDCWD, path, [time, time], 0) == 0)
  }

  @Test("a new change time alone, as by a rename, withdraws nothing")
  func renamed() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 5_000)
    _ = try seal(world, sample, "1.mcap")
    try Files.rename(world.recorder + "/1.mcap", to: world.recorder + "/2.mcap")
    #expect(try world.store.checkObjects().isEmpty)
    try Files.unlink(world.recorder + "/2.mcap")
    #expect(try world.store.openObject(sample.id).read(at: 0, count: 5_000) == sample.bytes)
  }

  @Test("objects that are missing, replaced by a link or by another file are withdrawn at start")
  func missing() throws {
    let world = try World()
    let samples = (1...4).map { Sample(seed: $0, sizeBytes: 1_000 + $0) }
    for sample in samples { try world.receive(sample) }
    try world.store.removeFromTree(samples[0].id)
    try Files.unlink(world.path(samples[0].id))
    try Files.unlink(world.path(samples[1].id))
    #expect(symlink(world.path(samples[3].id), world.path(samples[1].id)) == 0)
    try Files.unlink(world.path(samples[2].id))
    try Files.writeAtomically([1], to: world.path(samples[2].id))
    try world.reopen()
    #expect(Set(world.report.withdrawn.map(\.id)) == Set(samples.prefix(3).map(\.id)))
    #expect(Set(try world.store.database.objects().map(\.id)) == [samples[3].id])
    for sample in samples.prefix(2) {
      #expect(throws: StoreError.self) { try world.store.openObject(sample.id) }
    }
  }

  @Test("an object whose name was removed by hand is linked again from its name for people")
  func relinked() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 1_000)
    try world.receive(sample)
    try Files.unlink(world.path(sample.id))
    #expect(throws: StoreError.self) { try world.store.openObject(sample.id) }
    try world.reopen()
    #expect(world.report.withdrawn.isEmpty)
    #expect(try world.store.openObject(sample.id).read(at: 0, count: 1_000) == sample.bytes)
    try world.expectInvariants()
  }

  @Test("a lost database is rebuilt from the objects, and only from true ones")
  func rebuilt() throws {
    let world = try World()
    let samples = (1...3).map { Sample(seed: $0, sizeBytes: 2_000 + $0) }
    for sample in samples { try world.receive(sample) }
    try FileDescriptor(opening: world.path(samples[2].id), .readWrite).write([7], at: 50)
    try Files.writeAtomically([1], to: world.root + "/objects/00/stranger")
    #expect(symlink("/etc", world.root + "/objects/planted") == 0)
    for tail in ["", "-wal", "-shm"] { try Files.unlink(world.databasePath + tail) }
    try world.reopen()
    #expect(world.store.database.origin == .fresh)
    #expect(Set(world.report.unlisted) == Set(samples.map(\.id)))
    #expect(world.report.strangers == ["objects/00/stranger", "objects/planted"])
    #expect(Set(try world.store.database.objects().map(\.id)) == Set(samples.prefix(2).map(\.id)))
    #expect(try world.store.database.map(samples[0].id) == samples[0].map)
    try Files.unlink(world.root + "/objects/00/stranger")
    try Files.unlink(world.root + "/objects/planted")
    for sample in samples { try world.receive(sample) }
    try world.expectInvariants()
  }

  @Test("without the volume's marker nothing is held; when it returns, objects are listed again")
  func volume() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 1_000)
    try world.receive(sample)
    let objects = world.root + "/objects"
    try Files.rename(objects, to: world.root + "/elsewhere")
    try Files.makeDirectories(objects)
    #expect(!world.store.isVolumePresent)
    let open = #expect(throws: StoreError.self) { try world.store.openObject(sample.id) }
    #expect(open?.kind == .volumeMissing)
    #expect(throws: StoreError.self) { try world.receive(Sample(seed: 2, sizeBytes: 10)) }
    #expect(try world.store.checkObjects().map(\.id) == [sample.id])
    try world.reopen()
    #expect(!world.report.isVolumePresent && world.report.withdrawn.map(\.id) == [sample.id])
    #expect(try world.store.resumeStaged().isEmpty)
    #expect(try Files.list(objects) == [], "nothing is made on the wrong filesystem")
    #expect(try world.store.database.objects().isEmpty)
    try Files.removeDirectory(objects)
    try Files.rename(world.root + "/elsewhere", to: objects)
    try world.reopen()
    #expect(world.report.isVolumePresent && world.report.unlisted == [sample.id])
    try world.expectInvariants()
    #expect(try world.store.openObject(sample.id).sizeBytes == 1_000)
  }

  @Test("another node's volume or a file where a directory belongs stops the start with a hint")
  func foreign() throws {
    let world = try World()
    try Files.writeAtomically(Array("0123".utf8), to: world.root + "/objects/.volume")
    let error = #expect(throws: StoreError.self) { try world.reopen() }
    #expect(error?.kind == .foreignVolume && error?.hint != nil)
    let directory = try TemporaryDirectory()
    #expect(symlink("/tmp", directory.path + "/objects") == 0)
    let planted = #expect(throws: StoreError.self) { _ = try World.open(directory.path, world.node) }
    #expect(planted?.kind == .planted)
  }

  @Test(
    "a filesystem without hard links or fsync is refused with a hint", arguments: [DiskStep.Kind.link, .sync])
  func unsuitable(kind: DiskStep.Kind) throws {
    let directory = try TemporaryDirectory()
    let node = try #require(NodeID([UInt8](repeating: 1, count: 32)))
    let disk = FaultyDisk(
      try POSIXDisk(root: directory.path), fault: .failAll(kind, code: kind == .link ? EPERM : EINVAL))
    let database = try NodeDatabase(directory.path + "/node.db", node: node)
    let error = #expect(throws: StoreError.self) {
      try DirectoryStore(disk: disk, database: database, node: node, log: .silent)
    }
    #expect(error?.kind == .unsuitableFilesystem && error?.hint != nil)
  }

  @Test("a commit that meets a full disk costs the ballast, once")
  func ballast() throws {
    let world = try World()
    #expect(try Files.identity(world.root + "/ballast")?.sizeBytes == UInt64(Limits.ballastBytes))
    world.disk.setFault(.fail(step: world.disk.steps.count, code: ENOSPC))
    var change = NodeChange()
    try world.commit(&change)
    #expect(!world.store.hasBallast)
    #expect(try world.store.database.ownSequence() == 2)
    world.disk.setFault(.failAll(.commit, code: ENOSPC))
    let error = #expect(throws: StoreError.self) { try world.commit(&change) }
    #expect(error?.kind == .noSpace && error?.isTransient == true)
    world.disk.setFault(.none)
    #expect(try world.store.restoreBallast() && world.store.hasBallast)
  }

  @Test("a planted link in staging is removed, not followed")
  func plantedPart() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 1_000)
    let victim = world.recorder + "/victim"
    try Files.writeAtomically(sample.bytes, to: victim)
    #expect(symlink(victim, world.part(sample.id)) == 0)
    try world.receive(sample)
    #expect(try Files.identity(victim)?.linkCount == 1)
    #expect(try Files.identity(world.path(sample.id))?.kind == .file)
    // A shard that is a link leads out of the store: refused.
    let other = Sample(seed: 2, sizeBytes: 1_000)
    let shard = Files.directory(of: world.path(other.id))
    try Files.removeDirectory(shard)
    #expect(symlink(world.recorder, shard) == 0)
    #expect(throws: StoreError.self) { try world.receive(other) }
    #expect(try Files.list(world.recorder) == ["victim"])
  }

  @Test("names in recordings/ are cleaned, never collide and never leave it")
  func names() throws {
    let world = try World()
    let samples = (1...3).map { Sample(seed: $0, sizeBytes: 100 + $0, name: "../../3.mcap") }
    for sample in samples { try world.receive(sample) }
    let folder = world.root + "/recordings/2026-11-23"
    #expect(
      try Set(Files.list(folder)) == [
        "3.mcap", "3.\(samples[1].id.short).mcap", "3.\(samples[2].id.short).mcap",
      ])
    #expect(symlink("/etc", world.root + "/recordings/planted") == 0)
    #expect(throws: StoreError.self) {
      try world.store.place(samples[0].id, name: "x.mcap", folder: "planted")
    }
    let moved = try world.store.place(samples[0].id, name: "3.mcap", folder: "undated")
    #expect(moved == "recordings/undated/3.mcap")
    #expect(try Files.list(folder).count == 2, "the old name went")
    #expect(try world.store.database.placedNames(of: samples[0].id) == [moved])
    // A person's own file in the tree is nobody's to replace.
    try Files.writeAtomically([1], to: world.root + "/recordings/undated/4.mcap")
    let beside = try world.store.place(samples[0].id, name: "4.mcap", folder: "undated")
    #expect(beside == "recordings/undated/4.\(samples[0].id.short).mcap")
    #expect(try Files.readAll(world.root + "/recordings/undated/4.mcap", limit: 1) == [1])
  }

  @Test(
    "hostile names become plain ones",
    arguments: [
      ("3.mcap", "3.mcap"), ("../../etc/passwd", "etcpasswd"), ("...", "recording.mcap"),
      ("", "recording.mcap"),
      (" .hidden.mcap", "hidden.mcap"), ("a\u{0}b\n\u{1B}[2J.mcap", "ab[2J.mcap"),
      ("\u{202E}pacm.3", "pacm.3"),
      ("Übung 3.mcap", "Übung 3.mcap"), ("/", "recording.mcap"), ("x\u{10FFFF}.mcap", "x.mcap"),
    ])
  func clean(name: String, expected: String) { #expect(RecordingName.clean(name) == expected) }

  @Test("long names are cut between characters and keep their suffix")
  func long() {
    let name = RecordingName.clean(String(repeating: "ü", count: 120) + ".mcap")
    #expect(name.hasSuffix(".mcap") && name.utf8.count <= 200 && name.utf8.count >= 198)
    #expect(RecordingName.clean(String(repeating: "a", count: 195) + ".mcap").utf8.count == 200)
    #expect(RecordingName.clean(String(repeating: "a", count: 196) + ".mcap").utf8.count == 200)
    let marked = RecordingName.marked(name, with: "0123abcd")
    #expect(marked.hasSuffix(".0123abcd.mcap") && marked.utf8.count <= 200)
    #expect(RecordingName.clean("a." + String(repeating: "b", count: 300)).utf8.count == 200)
  }

  @Test("freeing removes the recorder's name only if it is still the same file")
  func freeReusedName() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 3_000)
    _ = try seal(world, sample, "3.mcap")
    try Files.rename(world.recorder + "/3.mcap", to: world.recorder + "/kept-by-a-person.mcap")
    try Files.writeAtomically([1, 2, 3], to: world.recorder + "/3.mcap")
    try world.free(sample.id)
    #expect(try Files.readAll(world.recorder + "/3.mcap", limit: 3) == [1, 2, 3])
    #expect(Files.exists(world.recorder + "/kept-by-a-person.mcap"))
    #expect(!Files.exists(world.path(sample.id)))
  }

  @Test("a file that is being written is not sealed; one that changes while it is read neither")
  func busyFiles() throws {
    let world = try World()
    let path = world.recorder + "/1.mcap"
    let writer = try FileSink(creating: path)
    try writer.write([1, 2, 3])
    guard case .beingWritten = try world.seal(path) else {
      Issue.record("somebody writes")
      return
    }
    let other = world.recorder + "/2.mcap"
    try Files.writeAtomically([1, 2, 3], to: other)
    let outcome = try world.store.seal(other) { _ in
      try FileDescriptor(opening: other, .readWrite).write([9], at: 3)
    } contentID: {
      Sample([1, 2, 3]).id
    }
    guard case .changedMeanwhile = outcome else {
      Issue.record("it changed: \(outcome)")
      return
    }
    #expect(symlink(other, world.recorder + "/3.mcap") == 0)
    guard case .notAFile = try world.seal(world.recorder + "/3.mcap") else {
      Issue.record("a link is not sealed")
      return
    }
    #expect(try world.store.database.objects().isEmpty)
  }

  @Test("the same content twice is one object; the same name with other content is two")
  func twice() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 900)
    let first = try seal(world, sample, "1.mcap")
    let second = try seal(world, sample, "2.mcap")
    #expect(first.object.stamp == second.object.stamp && first.stamp.inode != second.stamp.inode)
    let third = try seal(world, Sample(seed: 2, sizeBytes: 900), "1.mcap")
    #expect(third.object.id != first.object.id)
    #expect(try world.store.database.objects().count == 2)
    try world.expectInvariants()
    try world.free(sample.id)
    #expect(try Files.list(world.recorder) == ["1.mcap", "2.mcap"], "2.mcap was never the object's inode")
  }

  @Test("a file that cannot be linked is held by path, found when it changes, and freed")
  func notLinkable() throws {
    let world = try World()
    world.disk.setFault(.failAll(.link, code: EXDEV))
    let sample = Sample(seed: 1, sizeBytes: 900)
    let content = try seal(world, sample, "1.mcap")
    world.disk.setFault(.none)
    #expect(content.object.path == world.recorder + "/1.mcap" && content.object.reason != nil)
    #expect(try world.store.openObject(sample.id).read(at: 0, count: 900) == sample.bytes)
    try world.expectInvariants()
    try FileDescriptor(opening: world.recorder + "/1.mcap", .readWrite).write([1], at: 900)
    #expect(throws: StoreError.self) { try world.store.openObject(sample.id) }
    try FileDescriptor(opening: world.recorder + "/1.mcap", .readWrite).truncate(to: 900)
    guard case .sealed = try world.seal(world.recorder + "/1.mcap") else {
      Issue.record("sealed anew, linked now")
      return
    }
    #expect(try world.store.database.object(sample.id)?.path == nil)
    try world.free(sample.id)
    #expect(try Files.list(world.recorder) == [])
  }
}
