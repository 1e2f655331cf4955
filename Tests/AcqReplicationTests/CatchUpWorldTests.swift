import AcqCore
import AcqReplication
import Testing

// Rules of catching up that were broken on purpose in the sources, and what found it. `World` names the test below:
// it found each within 75 seeds. Broken again after a change here, each must be found again.
//
//   `seen` plays no part in answering a ROOT         World: live news goes over a session once
//   a difference never lasts 60 s                    the steady writer: the hole is found
//   news goes back to where it came from             live: CatchUpTests; from a mark: World: exactly the new registers
//   a mark is set although roots differ              World: a mark claims no more than the peer has
//   a mark forgets which authors it covers           World: a pair that agrees knows it
//   a settled pair is settled again                  CatchUpTests: the listener pushes an author whole ...
//   ROOT overtakes statements that were queued       CatchUpTests: pushes wait for the shell ...; CatchUpCostTests
//   ROOTS overtakes authors that are pushed whole    CatchUpTests, CatchUpCostTests: ... gets the author whole
//   a busy dialler answers ROOT                      World: no session fails
//   roots cover all accepted authors, not the common World: it becomes quiet
//   news of uncommon authors is pushed               CatchUpCostTests: nodes that accept different authors ...
//   no ROOT after the push of step 2                 World: a pair that agrees says so
//   the listener does not answer a ROOT that differs World: a pair in session agrees
//   a changed `seen` alone makes no ROOT due         World: a pair that agrees knows it
//   of equal numbers neither statement wins          World: a pair that agrees knows it; JoinTests
//   an own HOLDING of another life is stored         World: an old HOLDING never becomes true again
//   registers beside the peer's prefix are left out  World: a pair in session agrees
//   registers where the peer has nothing likewise    World: a pair that agrees has a mark; the steady writer
//   a change leaves a cached hash                    World, ManifestTests

@Suite("Catching up in a world of faults")
struct CatchUpWorldTests {
  #if DEBUG
    static let seedCount = 200
  #else
    static let seedCount = 2_000
  #endif

  @Test("whatever is cut, restored, untrusted or equivocated, ledgers become equal, at the promised cost")
  func faults() throws {
    var worst = 0
    for seed in 1...Self.seedCount {
      do { worst = max(worst, try run(seed: UInt64(seed))) } catch {
        Issue.record("seed \(seed): not kept: \(error)")
        return
      }
    }
    #expect(worst <= World.framesMax)
  }

  @Test("a hole is found under a writer that never pauses")
  func steadyWriter() throws {
    for seed in 1...(Self.seedCount / 10) {
      do { try checkSteadyWriter(World(seed: UInt64(seed), nodeCount: 2)) } catch {
        Issue.record("seed \(seed): not kept: \(error)")
        return
      }
    }
  }

  /// Returns the most frames a session from the end of the faults until all was quiet.
  private func run(seed: UInt64) throws -> Int {
    let world = World(seed: seed, nodeCount: 2 + Int(seed % 4))
    var worst = 0
    for _ in 0..<6 {
      // Other faults in each part, some of them absent.
      let weights = [2] + (0..<7).map { _ in [0, 1, 6][world.below(3)] }
      for _ in 0..<world.below(80) {
        if world.below(4) != 0, let side = world.pick(world.sides.filter(\.isReady)) {
          try side.act()
        } else {
          try world.disturb(weights)
        }
      }
      let cost = try world.settle {
        for (one, two) in zip(world.nodes, world.nodes.dropFirst()) {
          if world.below(2) == 0 { world.connect(one, two) } else { world.connect(two, one) }
        }
      }
      worst = max(worst, 2 * cost.values.reduce(0, +) / max(1, world.sides.count))
    }
    try checkCosts(world)
    return worst
  }

  /// What a pair in sync pays for a reconnection, for live news, and for news after an absence.
  private func checkCosts(_ world: World) throws {
    guard let side = world.pick(world.sides) else { throw Broken("a pair is in session") }
    let (one, two) = (side.node, side.other)
    let isSame = one.accepted == two.accepted
    let some = one.registers.shuffled(using: &world.random).prefix(6)
    let others = two.registers.shuffled(using: &world.random).prefix(6)
    world.cut(world.sides)
    var cost = try world.settle { world.connect(one, two) }
    let isFree = cost == ["HELLO": 2]
    let isCheap = !isSame && cost.values.reduce(0, +) <= 7 && cost["STATEMENT"] == nil
    try require(isFree || isCheap, "two HELLOs if in sync, not \(cost)")
    cost = try world.settle { for key in some { try one.write(key) } }
    try require(
      cost["STATEMENT"] == 6 && cost["TREE_GET"] == nil && cost["ROOTS"] == nil,
      "live news goes over a session once, not \(cost)")
    for steps in [0, world.below(16)] {
      world.cut(one.sides)
      for key in some { try one.write(key) }
      for key in others { try two.write(key) }
      world.connect(one, two)
      for _ in 0..<steps { try world.pick(world.sides.filter(\.isReady))?.act() }
      world.cut(one.sides)
      cost = try world.settle { world.connect(one, two) }
      try require(
        cost["TREE_GET"] == nil && !(isSame && cost["ROOTS"] != nil), "no walk with valid marks, not \(cost)")
      let pushed = cost["STATEMENT"] ?? 0
      try require(
        pushed == 12 || steps > 0 && pushed < 12, "exactly the new registers are pushed, not \(cost)")
    }
  }

  /// `one` writes whenever it does something, so no ROOT is ever fresh; `two` has lost a statement.
  private func checkSteadyWriter(_ world: World) throws {
    let (one, two) = (world.nodes[0], world.nodes[1])
    try one.write(one.registers[0])
    try world.settle { world.connect(one, two) }
    world.cut(two.sides)
    two.restore()
    world.connect(one, two)
    for _ in 0..<20_000 where two.manifest.entry(author: one.name, key: one.registers[0]) == nil {
      guard let side = world.pick(world.sides.filter(\.isReady)) else { break }
      // As fast as the link: a writer that is faster only fills it.
      if side.node === one, side.backlog < 4, let key = world.pick(one.registers.dropFirst()) {
        try one.write(key)
      }
      try side.act()
    }
    try require(two.manifest.entry(author: one.name, key: one.registers[0]) != nil, "the hole is found")
  }
}
