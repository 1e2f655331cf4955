import AcqCore
import AcqStore
import AcqSystem
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite("Store: staging") struct StagingTests {
  private let block = Limits.blockBytes

  private func write(_ bytes: [UInt8], to path: String, at offset: UInt64 = 0) throws {
    try FileDescriptor(opening: path, .readWrite).write(bytes[...], at: offset)
  }

  private func fill(_ staged: StagedRecording, _ sample: Sample, _ blocks: Range<Int>) throws {
    for block in blocks {
      #expect(try staged.write(sample.block(block), block: block, offset: 0) == .verified)
    }
  }

  @Test("a block is taken in order, in pieces that may overlap, and verified with its last byte")
  func pieces() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: block + 10)
    let staged = try world.store.stage(sample.claim, map: sample.map)
    let bytes = sample.block(0)
    #expect(try staged.write(bytes.prefix(100), block: 0, offset: 0) == .partial(filledBytes: 100))
    #expect(
      try staged.write(bytes.dropFirst(200).prefix(9), block: 0, offset: 200) == .ignored(filledBytes: 100))
    #expect(try staged.write(bytes.prefix(50), block: 0, offset: 0) == .ignored(filledBytes: 100))
    #expect(
      try staged.write(bytes.dropFirst(50).prefix(100), block: 0, offset: 50) == .partial(filledBytes: 150))
    #expect(staged.filledBytes(ofBlock: 0) == 150 && staged.verifiedBytes == 0)
    #expect(try staged.read(block: 0, offset: 0, count: 10) == nil, "what is not verified is not served")
    #expect(try staged.write(bytes.dropFirst(150), block: 0, offset: 150) == .verified)
    #expect(try staged.write(bytes, block: 0, offset: 0) == .ignored(filledBytes: block))
    #expect(try staged.read(block: 0, offset: 5, count: 10) == Array(bytes[5..<15]))
    #expect(try staged.read(block: 0, offset: block - 1, count: 2) == nil)
    #expect(staged.verifiedBytes == UInt64(block) && !staged.isComplete)
    #expect(throws: StoreError.self) { try staged.finish() }
    try fill(staged, sample, 1..<2)
    #expect(staged.verifiedBytes == sample.claim.sizeBytes && staged.isComplete)
  }

  @Test("bytes outside the recording are a peer's nonsense and change nothing")
  func outside() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: block + 10)
    let staged = try world.store.stage(sample.claim, map: sample.map)
    for (place, offset, count) in [
      (2, 0, 1), (-1, 0, 1), (1, 0, 11), (1, 10, 1), (0, block, 1), (0, -1, 1), (1, .max, 1), (0, 0, 0),
    ] {
      let error = #expect(throws: StoreError.self) {
        try staged.write([UInt8](repeating: 0, count: count)[...], block: place, offset: offset)
      }
      #expect(error?.kind == .outOfRange)
    }
    #expect(staged.verified.setCount == 0 && !staged.hasFailed)
  }

  @Test("a wrong block is thrown away and can be fetched again")
  func wrongBlock() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: block)
    let staged = try world.store.stage(sample.claim, map: sample.map)
    var wrong = sample.bytes
    wrong[block - 1] ^= 1
    #expect(try staged.write(wrong[...], block: 0, offset: 0) == .wrong)
    #expect(staged.filledBytes(ofBlock: 0) == 0)
    #expect(try Files.identity(world.part(sample.id))?.sizeBytes == 0, "nothing unverified is written")
    _ = try staged.write(wrong[..<10], block: 0, offset: 0)
    staged.discardPartial(ofBlock: 0)
    try fill(staged, sample, 0..<1)
    #expect(try staged.finish().id == sample.id)
  }

  @Test("two sessions that send the same blocks at once do no harm")
  func together() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 6 * block + 3)
    let staged = try world.store.stage(sample.claim, map: sample.map)
    let wrong = Mutex(0)
    let threads = try (0..<4).map { number in
      try Thread.start(name: "session \(number)") {
        for block in 0..<7 {
          let bytes = sample.block(block)
          for start in stride(from: 0, to: bytes.count, by: 61_440) {
            let piece = bytes.dropFirst(start).prefix(61_440)
            guard let outcome = try? staged.write(piece, block: block, offset: start), outcome != .wrong
            else {
              wrong.withLock { $0 += 1 }
              return
            }
          }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(wrong.withLock { $0 } == 0)
    #expect(staged.isComplete)
    #expect(try staged.finish().id == sample.id)
  }

  @Test("the bitmap is written down after 2 s or 64 MiB, and only after the data")
  func checkpoints() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 66 * block)
    let staged = try world.store.stage(sample.claim, map: sample.map)
    let start = Instant(nanoseconds: 0)
    try fill(staged, sample, 0..<1)
    #expect(try !staged.checkpointIfDue(at: start))
    #expect(try !staged.checkpointIfDue(at: start + .milliseconds(1_999)))
    let before = world.disk.steps.count
    #expect(try staged.checkpointIfDue(at: start + .seconds(2)))
    #expect(world.disk.steps.dropFirst(before).map(\.kind) == [.syncData, .commit])
    #expect(try !staged.checkpointIfDue(at: start + .seconds(60)), "nothing new")
    try fill(staged, sample, 1..<64)
    #expect(try !staged.checkpointIfDue(at: start + .seconds(3)), "63 MiB")
    try fill(staged, sample, 64..<65)
    #expect(try staged.checkpointIfDue(at: start + .seconds(3)), "64 MiB")
    let saved = try #require(try world.store.database.staged().first)
    #expect(Bitmap(count: 66, bytes: saved.verified)?.setCount == 65)
  }

  @Test("a torn tail costs only its blocks, whether or not the bitmap has them", arguments: [false, true])
  func tornTail(isSaved: Bool) throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 6 * block)
    let staged = try world.store.stage(sample.claim, map: sample.map)
    try fill(staged, sample, 0..<5)
    if isSaved { try staged.checkpoint(at: world.tick()) }
    try write([UInt8](repeating: 0, count: 2 * block), to: world.part(sample.id), at: UInt64(3 * block))
    try world.reopen()
    let saved = try #require(try world.store.database.staged().first?.verified)
    #expect(Bitmap(count: 6, bytes: saved)?.setCount == (isSaved ? 3 : 0), "the bitmap never leads the data")
    try world.receive(sample)
    #expect(world.askedBlocks == [3, 4, 5])
    try world.expectInvariants()
  }

  @Test("a part that is shorter, longer or gone is taken up as far as it goes")
  func partSizes() throws {
    let world = try World()
    for (index, change) in ["short", "long", "gone", "link"].enumerated() {
      let sample = Sample(seed: 10 + index, sizeBytes: 3 * block)
      let staged = try world.store.stage(sample.claim, map: sample.map)
      try fill(staged, sample, 0..<2)
      try staged.checkpoint(at: world.tick())
      world.askedBlocks = []
      let part = world.part(sample.id)
      switch change {
      case "short": try FileDescriptor(opening: part, .readWrite).truncate(to: UInt64(block + 7))
      case "long": try FileDescriptor(opening: part, .readWrite).truncate(to: UInt64(9 * block))
      case "gone": try Files.unlink(part)
      default: try Files.link(part, to: world.recorder + "/another-name")
      }
      try world.reopen()
      try world.receive(sample)
      #expect(
        world.askedBlocks == ["short": [1, 2], "long": [2], "gone": [0, 1, 2], "link": [0, 1, 2]][change])
      #expect(try Files.identity(world.path(sample.id))?.linkCount == 2, "object and tree, nothing else")
    }
    try world.expectInvariants()
  }

  @Test("rot between the last block and the reading back clears only the rotten block")
  func rot() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 3 * block)
    let staged = try world.store.stage(sample.claim, map: sample.map)
    try fill(staged, sample, 0..<3)
    try write([0xFF], to: world.part(sample.id), at: UInt64(block + 77))
    let error = #expect(throws: StoreError.self) { try staged.finish() }
    #expect(error?.kind == .wrongBlocks([1]))
    #expect(!Files.exists(world.path(sample.id)))
    try fill(staged, sample, 1..<2)
    #expect(try staged.finish().id == sample.id)
  }

  @Test("a false claim is set aside, and a true one about the same content arrives")
  func falseClaim() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: block + 4)
    let other = Sample(seed: 2, sizeBytes: block + 9)
    let lie = Claim(id: sample.id, sizeBytes: other.claim.sizeBytes, blockRoot: other.claim.blockRoot)
    let staged = try world.store.stage(lie, map: other.map)
    let busy = #expect(throws: StoreError.self) { try world.store.stage(sample.claim, map: sample.map) }
    #expect(busy?.kind == .busy)
    try fill(staged, other, 0..<2)
    #expect(throws: StoreError.self) { try staged.finish() }
    let error = #expect(throws: StoreError.self) { try world.store.stage(lie, map: other.map) }
    #expect(error?.kind == .quarantined)
    try world.receive(sample)
    try world.expectInvariants()
    #expect(throws: StoreError.self) { try world.store.stage(sample.claim, map: other.map) }
  }

  @Test("after a failed write or sync the part is dead until it is read anew from the medium")
  func failure() throws {
    for kind in [DiskStep.Kind.write, .syncData] {
      let world = try World()
      let sample = Sample(seed: 1, sizeBytes: 2 * block)
      let staged = try world.store.stage(sample.claim, map: sample.map)
      try fill(staged, sample, 0..<1)
      world.disk.setFault(.failAll(kind, code: EIO))
      let first = #expect(throws: StoreError.self) {
        _ = try staged.write(sample.block(1), block: 1, offset: 0)
        try staged.checkpoint(at: world.tick())
      }
      #expect(first?.kind == .media && staged.hasFailed)
      world.disk.setFault(.none)
      let later = #expect(throws: StoreError.self) { try staged.write(sample.block(1), block: 1, offset: 0) }
      #expect(later?.kind == .failed)
      #expect(throws: StoreError.self) { try staged.checkpoint(at: world.tick()) }
      let again = try world.store.stage(sample.claim, map: sample.map)
      #expect(again !== staged && again.verified[0])
      try world.receive(sample)
      try world.expectInvariants()
    }
  }

  @Test("a download that is given up leaves nothing; a part without a claim is found")
  func discard() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 2 * block)
    let staged = try world.store.stage(sample.claim, map: sample.map)
    try fill(staged, sample, 0..<1)
    try world.store.discardStaged(sample.id)
    #expect(try staged.write(sample.block(1), block: 1, offset: 0) == .ignored(filledBytes: 0))
    #expect(try Files.list(world.root + "/staging") == [])
    #expect(try world.store.database.staged().isEmpty)
    try Files.writeAtomically(Array(sample.block(0)), to: world.part(sample.id))
    #expect(try world.store.unclaimedParts() == [sample.id])
    try world.receive(sample)
    #expect(world.askedBlocks == [1])
  }

  @Test("no bytes, one byte, one block and one byte more arrive", arguments: [0, 1, 1 << 20, 1 << 20 + 1])
  func sizes(sizeBytes: Int) throws {
    let world = try World()
    let sample = sizeBytes == 0 ? Sample([]) : Sample(seed: 7, sizeBytes: sizeBytes)
    try world.receive(sample)
    try world.expectInvariants()
    #expect(try world.store.openObject(sample.id).sizeBytes == UInt64(sizeBytes))
  }

  @Test("a cancelled finish can be called again")
  func cancelled() throws {
    let world = try World()
    let sample = Sample(seed: 1, sizeBytes: 2 * block)
    let staged = try world.store.stage(sample.claim, map: sample.map)
    try fill(staged, sample, 0..<2)
    let error = #expect(throws: StoreError.self) { try staged.finish { true } }
    #expect(error?.kind == .cancelled)
    #expect(try staged.finish().id == sample.id)
  }
}

@Suite("Store: bitmaps") struct BitmapTests {
  @Test("bits, counts and runs agree")
  func bits() {
    var bitmap = Bitmap(count: 19)
    for index in [0, 1, 2, 8, 17, 18] { bitmap[index] = true }
    bitmap[1] = true
    #expect(bitmap.setCount == 6 && !bitmap.isFull)
    #expect(bitmap.runs == [0..<3, 8..<9, 17..<19])
    #expect(bitmap.firstClear() == 3 && bitmap.firstClear(from: 17) == nil)
    #expect(Bitmap(count: 19, bytes: bitmap.bytes) == bitmap)
    bitmap[0] = false
    #expect(bitmap.setCount == 5 && bitmap.runs.first == 1..<3)
  }

  @Test("bytes that are too many, too few or set beyond the end are refused")
  func refused() {
    #expect(Bitmap(count: 9, bytes: [0, 2]) == nil)
    #expect(Bitmap(count: 9, bytes: [0]) == nil)
    #expect(Bitmap(count: 8, bytes: [0, 0]) == nil)
    #expect(Bitmap(count: 9, bytes: [255, 1])?.isFull == true)
    #expect(Bitmap(count: 0).isFull && Bitmap(count: 0, bytes: [])?.runs == [])
  }
}
