import AcqCore
import AcqCrypto
import AcqReplication
import AcqWire

/// A promise of protocol §4 that was not kept.
struct Broken: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

func require(_ isKept: Bool, _ promise: @autoclosure () -> String) throws {
  if !isKept { throw Broken(promise()) }
}

/// What a statement is in the world: no signatures, no bodies.
struct Said: Hashable {
  let author: NodeID
  let key: RegisterKey
  let sequence: UInt64
  let hash: StatementHash
}

/// A frame between two sides.
enum Frame {
  case hello(ManifestHash)
  case message(Message)
  case said(Said)

  var kind: String {
    switch self {
    case .hello: "HELLO"
    case .said: "STATEMENT"
    case .message(.root): "ROOT"
    case .message(.roots): "ROOTS"
    case .message(.treeGet): "TREE_GET"
    case .message(.treeNode): "TREE_NODE"
    case .message(.statementGet): "STATEMENT_GET"
    case .message(.end): "END"
    case .message: "other"
    }
  }

  /// Bytes on the wire inside records; a statement counts as 300.
  var byteCount: Int {
    switch self {
    case .hello: 80
    case .said: 4 + 4 + 300
    case .message(let message): message.encoded.count
    }
  }
}

/// Small limits, so that few statements meet every one of them.
func makeSmallRules() -> CatchUpRules {
  var rules = CatchUpRules()
  rules.repeatAfter = nil
  rules.differenceMax = .seconds(10)
  rules.silenceMax = .seconds(1_000_000)
  rules.pushMax = 14
  rules.batchMax = 3
  rules.treeRequestsMax = 4
  rules.statementRequestsMax = 3
  rules.lackingMax = 4
  return rules
}

/// The executable model's world with the real machines: 2 to 5 nodes write, relay and walk; sessions are cut anywhere,
/// nodes restored from old snapshots, accepted lists changed, statements equivocated. Time is only an order: a due ROOT
/// may be said, and a batch of statements loaded, at any later moment, so every delay is tried. The ROOT of every 60 s is
/// left out: it would hide a deadlock for a minute.
final class World {
  var random: SeededRandom
  var now = Instant(nanoseconds: 0)
  var counts: [String: Int] = [:]
  var bytes = 0
  let rules: CatchUpRules
  private(set) var nodes: [WorldNode] = []

  /// Frames a session from the end of the faults until all is quiet.
  static let framesMax = 150
  /// A deadline further away is a guard, not work.
  static let horizon = Duration.seconds(60)
  static let stranger = NodeID(sameBytesAs: makeDigest("stranger"))

  init(seed: UInt64, nodeCount: Int, rules: CatchUpRules = makeSmallRules(), leafMax: Int = 2) {
    random = SeededRandom(seed: seed)
    self.rules = rules
    let names = (0..<nodeCount).map { NodeID(sameBytesAs: makeDigest("node \($0) of \(seed)")) }
    nodes = names.map { WorldNode(name: $0, accepted: Set(names), leafMax: leafMax, world: self) }
  }

  var sides: [Side] { nodes.flatMap(\.sides) }
  var total: Int { counts.values.reduce(0, +) }

  func pick<Items: Collection>(_ items: Items) -> Items.Element? { items.randomElement(using: &random) }
  func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
  func hash() -> StatementHash {
    guard let hash = StatementHash(random.bytes(32)) else { preconditionFailure("32 bytes") }
    return hash
  }

  func connect(_ dialler: WorldNode, _ listener: WorldNode) {
    let isLinked = dialler === listener || dialler.sides.contains { $0.other === listener }
    guard !isLinked, listener.accepted.contains(dialler.name), dialler.accepted.contains(listener.name) else {
      return
    }
    let one = Side(node: dialler, other: listener, isDialler: true)
    let two = Side(node: listener, other: dialler, isDialler: false)
    for (side, far) in [(one, two), (two, one)] {
      side.far = far
      side.node.sides.append(side)
    }
    one.start()
    two.start()
  }

  func cut(_ sides: [Side]) {
    for side in sides.flatMap({ [$0, $0.far] }) {
      side?.isCut = true
      side?.node.sides.removeAll { $0 === side }
    }
  }

  /// Runs until nothing is left to be done; then every pair in session must agree. Returns frames by kind.
  @discardableResult
  func settle(_ action: () throws -> Void) throws -> [String: Int] {
    let before = counts
    let start = total
    try action()
    while let side = pick(sides.filter(\.isReady)) {
      try require(total - start <= Self.framesMax * sides.count / 2, "it becomes quiet")
      try side.act()
    }
    for side in sides { try side.checkAgreement() }
    return counts.merging(before) { $0 - $1 }.filter { $0.value != 0 }
  }

  func disturb(_ weights: [Int]) throws {
    guard let node = pick(nodes), let other = pick(nodes), let key = pick(node.registers) else { return }
    switch weighted(weights) {
    case 0: try node.write(key)
    case 1: connect(node, other)
    case 2: cut(Array(node.sides.prefix(1)))
    case 3: node.save()
    case 4:
      cut(node.sides)
      node.restore()
    case 5: toggleTrust(node, other)
    case 6:
      guard let twin = pick(node.rows()) else { return }
      try node.take(
        Said(author: twin.author, key: twin.key, sequence: twin.sequence, hash: hash()), from: Self.stranger)
    default: for side in node.sides { try side.sendStranger(key) }
    }
  }

  private func weighted(_ weights: [Int]) -> Int {
    var rest = below(max(1, weights.reduce(0, +)))
    for (index, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return index }
    }
    return 0
  }

  /// Not between neighbours; and the lists of a session never change.
  private func toggleTrust(_ node: WorldNode, _ other: WorldNode) {
    guard let here = nodes.firstIndex(where: { $0 === node }),
      let there = nodes.firstIndex(where: { $0 === other }),
      abs(here - there) > 1
    else { return }
    cut(node.sides)
    node.manifest.accepted.formSymmetricDifference([other.name])
  }
}

func makeDigest(_ text: String) -> Digest<Subjects.About> {
  SHA256.hash(Array(text.utf8), as: Digest<Subjects.About>.self)
}
