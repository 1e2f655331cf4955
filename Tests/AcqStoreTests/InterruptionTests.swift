import AcqCore
import AcqStore
import AcqSystem
import Glibc
import TestSupport
import Testing

/// Every step of the durable order interrupted once, in every way (testing.md 4 and 6).
@Suite("Store: interruptions") struct InterruptionTests {
  /// How a step goes wrong.
  enum Way: String, CaseIterable, Sendable {
    case killedBefore, killedWithin, killedAfter, powerCutBefore, powerCutWithin, powerCutAfter, noSpace,
      mediaError

    func fault(_ step: Int) -> FaultyDisk.Fault {
      switch self {
      case .killedBefore, .powerCutBefore: .crashBefore(step: step)
      case .killedWithin, .powerCutWithin: .crashWithin(step: step)
      case .killedAfter, .powerCutAfter: .crashAfter(step: step)
      case .noSpace: .fail(step: step, code: ENOSPC)
      case .mediaError: .fail(step: step, code: EIO)
      }
    }

    var isPowerCut: Bool { rawValue.hasPrefix("powerCut") }
  }

  /// Runs `work` with the fault at its n-th step, for every n that it has, and then again without: what it promised
  /// holds in between and after. `prepare` makes what the n-th run works on.
  private func interrupt<Subject>(
    _ way: Way, prepare: (World, Int) throws -> Subject, work: (World, Subject) throws -> Void,
    check: (World, Subject, String) throws -> Void
  ) throws {
    let world = try World()
    for step in 0..<1_000 {
      let subject = try prepare(world, step)
      world.disk.setFault(way.fault(world.disk.steps.count + step))
      let first = world.disk.steps.count
      var failure: (any Error)?
      do { try work(world, subject) } catch { failure = error }
      let reached = world.disk.steps.count > first + step
      let context = "\(way) at \(world.disk.steps.dropFirst(first + step).first?.description ?? "the end")"
      if let crash = world.disk.crash {
        #expect(failure is DiskCrash, "\(context): \(failure.map { "\($0)" } ?? "nothing was thrown")")
        if way.isPowerCut {
          var random = SeededRandom(seed: UInt64(step))
          try world.disk.loseUnsynced(&random)
        }
        _ = crash
        try world.reopen()
      } else {
        #expect(failure == nil || failure is StoreError, "\(context): \(failure.map { "\($0)" } ?? "")")
        world.disk.setFault(.none)
      }
      try world.expectInvariants(context)
      try work(world, subject)
      try world.expectInvariants(context)
      try check(world, subject, context)
      try world.store.restoreBallast()
      guard reached else {
        #expect(step > 2, "the work has steps")
        return
      }
    }
    Issue.record("the work never ends")
  }

  @Test("receiving a recording", arguments: Way.allCases)
  func receive(way: Way) throws {
    try interrupt(way) { _, step in
      Sample(seed: step + 1, sizeBytes: Limits.blockBytes + 5)
    } work: { world, sample in
      try world.receive(sample)
    } check: { world, sample, context in
      #expect(try Files.readAll(world.path(sample.id), limit: 2 << 20) == sample.bytes, "\(context)")
      #expect(try world.store.database.placedNames(of: sample.id).count == 1, "\(context)")
      #expect(try world.store.database.staged().isEmpty, "\(context)")
      #expect(try Files.list(world.root + "/staging") == [], "\(context)")
      #expect(try world.store.openObject(sample.id).read(at: 0, count: 3).count == 3)
      try world.free(sample.id)
    }
  }

  @Test("a kill costs only the blocks that were not written", arguments: [Way.killedBefore, .killedAfter])
  func cost(way: Way) throws {
    try interrupt(way) { world, step in
      world.askedBlocks = []
      return Sample(seed: step + 1, sizeBytes: 2 * Limits.blockBytes)
    } work: { world, sample in
      try world.receive(sample)
    } check: { world, sample, context in
      #expect(world.askedBlocks.count <= 3, "\(context): at most one block twice")
      try world.free(sample.id)
    }
  }

  @Test("sealing the recorder's file", arguments: Way.allCases)
  func seal(way: Way) throws {
    try interrupt(way) { world, step in
      let sample = Sample(seed: step + 1, sizeBytes: 70_000)
      try Files.writeAtomically(sample.bytes, to: "\(world.recorder)/\(step).mcap")
      return (sample, "\(world.recorder)/\(step).mcap")
    } work: { world, subject in
      guard case .sealed = try world.seal(subject.1) else {
        Issue.record("not sealed")
        return
      }
    } check: { world, subject, context in
      // I3: the recorder's bytes are where they were, and pinned.
      let bytes = try Files.readAll(subject.1, limit: 1 << 20)
      #expect(bytes == subject.0.bytes, "\(context)")
      let identity = try Files.identity(subject.1)
      #expect(identity?.linkCount == 2, "\(context)")
    }
  }

  @Test("freeing a recording and the recorder's name", arguments: Way.allCases)
  func free(way: Way) throws {
    try interrupt(way) { world, step in
      let sample = Sample(seed: step + 1, sizeBytes: 70_000)
      let path = "\(world.recorder)/\(step).mcap"
      try Files.writeAtomically(sample.bytes, to: path)
      guard case .sealed = try world.seal(path) else { throw TestSupportError("not sealed") }
      try world.store.place(sample.id, name: sample.name, folder: "2026-11-23")
      return (sample, path)
    } work: { world, subject in
      try world.free(subject.0.id)
    } check: { world, subject, context in
      try world.free(subject.0.id)
      #expect(!Files.exists(subject.1), "\(context)")
      #expect(!Files.exists(world.path(subject.0.id)), "\(context)")
      #expect(try world.store.database.object(subject.0.id) == nil, "\(context)")
      #expect(try world.store.database.freed().contains(subject.0.id), "\(context)")
      #expect(try Files.list(world.root + "/staging") == [], "\(context)")
      #expect(try Files.list(world.recorder) == [], "\(context)")
      // The tree is derived: a power cut may take its folder.
      let named = (try? Files.list(world.root + "/recordings/2026-11-23")) ?? []
      #expect(named == [], "\(context)")
    }
  }

  @Test("making the store", arguments: [Way.killedBefore, .killedAfter, .powerCutAfter])
  func make(way: Way) throws {
    let directory = try TemporaryDirectory()
    let node = try #require(NodeID([UInt8](repeating: 3, count: 32)))
    let counting = FaultyDisk(try POSIXDisk(root: directory.path))
    do {
      let database = try NodeDatabase(directory.path + "/node.db", node: node)
      _ = try DirectoryStore(disk: counting, database: database, node: node, log: .silent)
    }
    // The 256 directories and the ballast's pieces are alike: a few of each stand for all.
    let steps = counting.steps.filter { step in
      step.kind != .write && step.kind != .makeDirectory || step.number % 61 == 0
    }
    #expect(steps.count > 20)
    for step in steps {
      let root = directory.path + "/\(step.number)"
      try Files.makeDirectories(root)
      let disk = FaultyDisk(try POSIXDisk(root: root), fault: way.fault(step.number))
      #expect(throws: DiskCrash.self, "\(step)") {
        let database = try NodeDatabase(root + "/node.db", node: node)
        _ = try DirectoryStore(disk: disk, database: database, node: node, log: .silent)
      }
      if way.isPowerCut {
        var random = SeededRandom(seed: UInt64(step.number))
        try disk.loseUnsynced(&random)
      }
      let (_, store) = try World.open(root, node)
      #expect(store.isVolumePresent, "\(step)")
      #expect(store.hasBallast, "\(step)")
      #expect(try store.start().withdrawn.isEmpty, "\(step)")
    }
  }
}
