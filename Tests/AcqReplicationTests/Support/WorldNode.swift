import AcqCore
import AcqReplication
import AcqWire

/// A node of the world: a ledger without bodies, and its sessions.
final class WorldNode {
  let name: NodeID
  let registers: [RegisterKey]
  unowned let world: World
  var manifest: Manifest
  var counter: UInt64 = 0
  var stored: UInt64 = 0
  var marks: [NodeID: CatchUp.Mark] = [:]
  var sides: [Side] = []
  private var saved: (manifest: Manifest, counter: UInt64, stored: UInt64, marks: [NodeID: CatchUp.Mark])

  init(name: NodeID, accepted: Set<NodeID>, leafMax: Int, world: World) {
    self.name = name
    self.world = world
    // Few different nibbles make deep trees; those with an even first byte stand for HOLDING and NODE.
    registers = (0..<16).compactMap {
      RegisterKey(makeDigest("register \($0) of \(name)").bytes.map { $0 & 0x33 })
    }
    manifest = Manifest(accepted: accepted, leafMax: leafMax)
    saved = (manifest, 0, 0, [:])
  }

  var accepted: Set<NodeID> { manifest.accepted }

  func save() { saved = (manifest, counter, stored, marks) }

  func restore() {
    let accepted = manifest.accepted
    (manifest, counter, stored, marks) = saved
    manifest.accepted = accepted
  }

  func rows() -> [Said] {
    accepted.sorted().flatMap { author in
      manifest.entries(author: author, under: .empty).map {
        Said(author: author, key: $0.key, sequence: $0.entry.sequence, hash: $0.entry.hash)
      }
    }
  }

  /// Would it be stored?
  func lacks(_ said: Said) -> Bool {
    guard accepted.contains(said.author) else { return false }
    guard let mine = manifest.entry(author: said.author, key: said.key) else { return true }
    return Join.wins(said.sequence, said.hash, over: mine.sequence, mine.hash)
  }

  func write(_ key: RegisterKey) throws {
    counter += 1
    try store(Said(author: name, key: key, sequence: counter, hash: world.hash()), from: nil)
  }

  func take(_ said: Said, from source: NodeID) throws {
    let verdict = Join.decide(
      author: said.author, key: said.key, sequence: said.sequence, hash: said.hash, own: name,
      manifest: manifest)
    switch verdict.decision {
    case .known, .older, .unaccepted: try require(!lacks(said), "what is skipped would not win")
    case .suspend: throw Broken("nobody is suspended")
    case .store: try store(said, from: source)
    case .ownNumber:
      counter = max(counter, said.sequence)
      if isHolding(said.key) { try write(said.key) } else { try store(said, from: source) }
    }
  }

  func isHolding(_ key: RegisterKey) -> Bool { key[0] % 2 == 0 }

  private func store(_ said: Said, from source: NodeID?) throws {
    if let before = manifest.entry(author: said.author, key: said.key) {
      try require(before.sequence <= said.sequence, "the number of a register never goes down")
    }
    stored += 1
    manifest.set(
      author: said.author, key: said.key,
      entry: ManifestEntry(sequence: said.sequence, hash: said.hash, stored: stored, source: source))
    let reference = StatementRef(author: said.author, key: said.key, hash: said.hash)
    for side in sides { try side.handle(.stored(reference, source: source)) }
  }
}
