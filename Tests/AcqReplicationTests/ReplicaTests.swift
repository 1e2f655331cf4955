import AcqCore
import AcqCrypto
import AcqReplication
import Testing

@Suite("Replica") struct ReplicaTests {
  /// Steps within which a small world must become quiet.
  private static let stepsMax = 200_000

  private func settle(_ world: inout ReplicaWorld) {
    var steps = 0
    while steps < Self.stepsMax, world.step() { steps += 1 }
    #expect(steps < Self.stepsMax, "the world becomes quiet")
  }

  @Test("a recording travels from car over base to cloud, and the car learns of it")
  func relay() {
    var world = ReplicaWorld(seed: 1, roles: [.car, .base, .cloud])
    let id = world.seal(at: 0, blockCount: 5)
    world.connect(0, 1)
    world.connect(1, 2)
    settle(&world)
    #expect(world.nodes[1].held.contains(id))
    #expect(world.nodes[2].held.contains(id))
    #expect(
      world.nodes[0].replica.view.holders(of: id).map(\.role)
        == [.car, .base, .cloud].sorted { a, b in
          world.nodes[Int(a.rawValue)].id < world.nodes[Int(b.rawValue)].id
        })
  }

  @Test("whatever is cut, everything arrives, and hardly a byte twice", arguments: 0..<40)
  func cuts(seed: Int) {
    var world = ReplicaWorld(seed: UInt64(seed), roles: [.car, .base, .cloud])
    let pairs = [(0, 1), (1, 2)]
    var needed = 0
    for _ in 0..<400 {
      switch world.random.next() % 40 {
      case 0:
        let id = world.seal(at: 0, blockCount: Int(world.random.next() % 6) + 1)
        needed += Int(world.contents[id]?.sizeBytes ?? 0)
      case 1, 2: if let pair = pairs.randomElement(using: &world.random) { world.connect(pair.0, pair.1) }
      case 3: if !world.links.isEmpty { world.cut(Int(world.random.next() % UInt64(world.links.count))) }
      case _: _ = world.step()
      }
    }
    for pair in pairs { world.connect(pair.0, pair.1) }
    settle(&world)
    for node in world.nodes {
      #expect(node.held == Set(world.contents.keys), "seed \(seed): \(node.member.name)")
    }
    let limit = Double(needed) * 1.05 + Double(world.cutCount * Limits.blockBytes)
    #expect(Double(world.nodes[1].receivedBytes) <= limit, "seed \(seed)")
    #expect(world.nodes[0].receivedBytes == 0, "a car pulls nothing")
  }

  @Test("never more than the window is asked for and not here yet")
  func window() {
    var world = ReplicaWorld(seed: 2, roles: [.car, .base])
    for _ in 0..<3 { _ = world.seal(at: 0, blockCount: 9) }
    world.connect(0, 1)
    settle(&world)
    #expect(world.nodes[1].held.count == 3)
    #expect(world.nodes[1].outstandingBytesMax <= Limits.windowBytes)
  }

  @Test("a bad block sets its peer aside for ten minutes, and the rest goes on")
  func badBlock() {
    var world = ReplicaWorld(seed: 3, roles: [.car, .base])
    let bad = world.seal(at: 0, blockCount: 2)
    world.wrongBlocksLeft = 1
    world.connect(0, 1)
    settle(&world)
    #expect(!world.nodes[1].held.contains(bad))
    let good = world.seal(at: 0, blockCount: 2)
    settle(&world)
    #expect(world.nodes[1].held == [good])
    world.now = world.now + .seconds(601)
    for index in world.nodes.indices { world.handle(.tick, at: index) }
    world.connect(0, 1)
    settle(&world)
    #expect(world.nodes[1].held == [good, bad])
  }

  @Test("an in-sync pair reconnects with one HELLO each and a round of pings")
  func inSync() {
    var world = ReplicaWorld(seed: 4, roles: [.car, .base])
    for _ in 0..<30 { _ = world.seal(at: 0, blockCount: 1) }
    world.connect(0, 1)
    settle(&world)
    world.cut(0)
    let before = world.messageCount
    world.connect(0, 1)
    settle(&world)
    #expect(world.messageCount - before == 6, "two HELLO, two PING, two PONG")
  }

  @Test("a full disk pauses pulls, and they resume by themselves")
  func fullDisk() {
    var world = ReplicaWorld(seed: 5, roles: [.car, .base])
    let id = world.seal(at: 0, blockCount: 3)
    world.handle(.paused(true), at: 1)
    world.connect(0, 1)
    settle(&world)
    #expect(world.nodes[1].held.isEmpty)
    world.handle(.paused(false), at: 1)
    settle(&world)
    #expect(world.nodes[1].held == [id])
  }

  @Test("the newest recording comes first, by the origin's numbers")
  func newestFirst() {
    var world = ReplicaWorld(seed: 6, roles: [.car, .base])
    let ids = (0..<12).map { _ in world.seal(at: 0, blockCount: 3) }
    world.connect(0, 1)
    while world.nodes[1].held.isEmpty, world.step() {}
    let newest = ids.suffix(2)
    #expect(world.nodes[1].held.isSubset(of: newest), "the first that is whole is one of the newest")
  }
}
