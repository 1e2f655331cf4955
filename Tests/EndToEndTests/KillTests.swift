import AcqCore
import Foundation
import TestSupport
import Testing

/// A base that is killed while it pulls one recording through a relay of the test.
@Suite("End to end: a base killed while it pulls") struct KillTests {
  private static let blockBytes = 1 << 20
  private static let windowBytes = 2 << 20
  private static let kills = 50
  private static let blockCount = 500

  /// A car with one large sealed recording and a base that reaches it through the relay only.
  private struct Scene {
    let team: TestTeam
    let relay: Relay
    let source: String
    let id: String
    var car: TestNode { team[.car] }
    var base: TestNode { team[.base] }
    var part: String { base.state + "/staging/" + id }

    init(blockCount: Int, seed: UInt64) throws {
      // The relay needs the car's port, which the team chooses: the team is made first, then trusts anew.
      team = try TestTeam([.car, .base]) { _, _ in nil }
      relay = try Relay(to: team[.car].replicationPort)
      try team[.base].trust(team[.car], address: relay.address)
      source = team[.car].incoming + "/1.mcap"
      try TestRecording.writeLarge(source, blockCount: blockCount, seed: seed)
      id = try #require(try TestNode.hashes([source])[source])
      try team[.car].startAndWait()
      let car = team[.car]
      try waitUntil("the large recording is sealed", seconds: 60) { try car.status().held == 1 }
    }

    /// How many blocks of the part are the source's, from its start: they arrive in ascending order.
    func arrivedBlocks(of blockCount: Int) throws -> Int {
      guard FileFacts(part) != nil else { return 0 }
      let (whole, staged) = (
        try #require(FileHandle(forReadingAtPath: source)), try #require(FileHandle(forReadingAtPath: part))
      )
      func isSame(_ block: Int) throws -> Bool {
        try whole.seek(toOffset: UInt64(block * blockBytes))
        try staged.seek(toOffset: UInt64(block * blockBytes))
        return try whole.read(upToCount: blockBytes) == staged.read(upToCount: blockBytes)
      }
      var (low, high) = (0, blockCount)
      while low < high {
        let middle = (low + high) / 2
        if try isSame(middle) { low = middle + 1 } else { high = middle }
      }
      return low
    }

    /// Nothing of the recording is visible, and nothing wrong at all.
    func expectNothingVisible() throws {
      #expect(try base.objectIDs() == [])
      #expect(try base.files(below: base.state + "/recordings") == [])
    }

    func expectWhole() throws {
      try base.waitUntilInSync(holding: 1, seconds: 120)
      #expect(try base.objectIDs() == [id])
      // The tree for people follows the receipt.
      try waitUntil("it has its name") { try base.files(below: base.state + "/recordings").count == 1 }
      #expect(try base.wrongFiles() == [])
      try car.waitUntilInSync(holding: 1)
    }
  }

  @Test("50 times kill -9 during one pull of 500 MiB: never a wrong file, at most a window lost at each")
  func killed() throws {
    let scene = try Scene(blockCount: Self.blockCount, seed: 11)
    defer { scene.relay.stop() }
    // 7 to 9.5 MiB a life: all kills land inside, the last before 96 %.
    var random = SeededRandom(seed: 20_261_124)
    scene.relay.throttle(150e6)
    var shares: [Double] = []
    for kill in 1...Self.kills {
      try scene.base.start()
      let quota = 7 * Self.blockBytes + Int(random.next() % UInt64(5 * Self.blockBytes / 2))
      let start = scene.relay.downBytes
      try waitUntil("life \(kill) of base received \(quota) bytes", seconds: 60) {
        scene.relay.downBytes - start >= quota
      }
      scene.base.kill()
      try scene.expectNothingVisible()
      shares.append(
        Double(try scene.arrivedBlocks(of: Self.blockCount)) / Double(Self.blockCount))
    }
    #expect(shares.allSatisfy { $0 >= 0.01 && $0 <= 0.99 }, "seed 20261124: \(shares)")
    scene.relay.throttle(nil)
    try scene.base.start()
    try scene.expectWhole()
    let payload = Self.blockCount * Self.blockBytes + Self.kills * Self.windowBytes
    // Records and frames add less than a thousandth; a life's handshake, HELLO, statements and map less than 64 KiB.
    let limit = payload + payload / 1000 + (Self.kills + 1) * (64 << 10)
    let received = scene.relay.downBytes
    #expect(received <= limit, "\(received) bytes received, limit \(limit)")
    print("50 kills: \(received) bytes for \(payload - Self.kills * Self.windowBytes), limit \(limit)")
  }

  @Test("a tail of the staged part that is zeros after a power cut is fetched again, and nothing else")
  func zeroedTail() throws {
    let (blockCount, zeroed) = (96, 7)
    let scene = try Scene(blockCount: blockCount, seed: 12)
    defer { scene.relay.stop() }
    scene.relay.throttle(100e6)
    try scene.base.start()
    try waitUntil("half of it was received", seconds: 60) {
      scene.relay.downBytes >= blockCount / 2 * Self.blockBytes
    }
    scene.base.kill()
    let arrived = try scene.arrivedBlocks(of: blockCount)
    #expect(arrived > zeroed && arrived < blockCount)
    let part = try #require(FileHandle(forUpdatingAtPath: scene.part))
    try part.seek(toOffset: UInt64((arrived - zeroed) * Self.blockBytes))
    try part.write(contentsOf: Data(count: zeroed * Self.blockBytes))
    try part.close()

    let before = scene.relay.downBytes
    scene.relay.throttle(nil)
    try scene.base.start()
    try scene.expectWhole()
    let missing = (blockCount - arrived + zeroed) * Self.blockBytes
    let received = scene.relay.downBytes - before
    #expect(
      received >= missing && received <= missing + missing / 1000 + (64 << 10), "\(received), \(missing)")
  }
}
