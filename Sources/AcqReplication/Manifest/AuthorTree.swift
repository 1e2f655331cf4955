import AcqCore

/// One author's registers as a Merkle radix tree (protocol §4, "Tree").
///
/// The shape follows from the set alone: up to `leafMax` registers are a leaf, more are an inner node at their longest
/// common prefix. Registers are never removed, so nodes never merge.
///
/// Memory: registers lie in one array of 96-byte slots; a leaf is a chain of slots in key order, not an object of its
/// own; inner nodes (about one in 23 registers) lie in a second array and cache their hash. Every change walks one path
/// and marks its hashes stale; they are computed again when somebody asks. A second chain through all slots is
/// ordered by store counter, so "what is new since" costs what is new.
struct AuthorTree: Sendable {
  let author: NodeID
  let leafMax: Int
  var slots: [Slot] = []
  var inners: [Inner] = []
  var top = Link.empty
  /// The slot with the highest store counter.
  var newest = Slot.none
  /// Nil after a change.
  var cachedRoot: ManifestHash?
  /// The peers that statements came from; slots name them by position + 1.
  private var sources: [NodeID] = []

  /// One register and its places in two chains.
  struct Slot: Sendable {
    static let none = UInt32.max
    let key: RegisterKey
    var hash: StatementHash
    var sequence: UInt64
    var stored: UInt64
    var source: UInt32
    /// The next slot of the same leaf, by key.
    var next = Slot.none
    /// The slots before and after it by store counter.
    var older = Slot.none
    var newer = Slot.none
  }

  /// Where a subtree is: nowhere, the first slot of a leaf, or an inner node.
  struct Link: Equatable, Sendable {
    static let empty = Link(raw: .max)
    private static let innerBit: UInt32 = 1 << 31
    let raw: UInt32
    static func leaf(_ slot: UInt32) -> Link { Link(raw: slot) }
    static func inner(_ index: Int) -> Link { Link(raw: UInt32(index) | innerBit) }
    /// The first slot of a leaf; `Slot.none` when empty, so that loops over a chain end at once.
    var slot: UInt32 { raw }
    /// The position in `inners`; nil for a leaf or nothing.
    var innerIndex: Int? { self != .empty && raw & Link.innerBit != 0 ? Int(raw & ~Link.innerBit) : nil }
  }

  /// A node with more than `leafMax` registers.
  struct Inner: Sendable {
    var children = InlineArray<16, Link>(repeating: .empty)
    var hash = ManifestHash.zero
    var count: UInt32
    /// Any slot below: its key begins with the node's prefix.
    let sample: UInt32
    let nibbles: UInt8
    var isFresh = false
  }

  init(author: NodeID, leafMax: Int) {
    self.author = author
    self.leafMax = leafMax
  }

  /// A tree of `entries` in any order, each key once.
  init(author: NodeID, leafMax: Int, entries: [(key: RegisterKey, entry: ManifestEntry)]) {
    self.init(author: author, leafMax: leafMax)
    slots.reserveCapacity(entries.count)
    for (key, entry) in entries { slots.append(makeSlot(key, entry)) }
    var order = slots.indices.map { UInt32($0) }
    order.sort { slots[Int($0)].stored < slots[Int($1)].stored }
    for slot in order { linkByCounter(slot) }
    order.sort { slots[Int($0)].key < slots[Int($1)].key }
    top = build(order[...])
  }

  var count: Int { slots.count }

  func entry(_ key: RegisterKey) -> ManifestEntry? { find(key).map { entry(at: $0) } }

  /// Puts `entry` in place of what the register held.
  mutating func set(_ key: RegisterKey, _ entry: ManifestEntry) {
    cachedRoot = nil
    guard let slot = find(key) else { return insert(makeSlot(key, entry)) }
    markStale(key)
    slots[Int(slot)].hash = entry.hash
    slots[Int(slot)].sequence = entry.sequence
    slots[Int(slot)].source = number(of: entry.source)
    unlinkByCounter(slot)
    slots[Int(slot)].stored = entry.stored
    linkByCounter(slot)
  }

  func entry(at slot: UInt32) -> ManifestEntry {
    let found = slots[Int(slot)]
    return ManifestEntry(
      sequence: found.sequence, hash: found.hash, stored: found.stored,
      source: found.source == 0 ? nil : sources[Int(found.source) - 1])
  }

  private func find(_ key: RegisterKey) -> UInt32? {
    var link = top
    while let index = link.innerIndex {
      link = inners[index].children[key.nibble(Int(inners[index].nibbles))]
    }
    var slot = link.slot
    while slot != Slot.none, slots[Int(slot)].key != key { slot = slots[Int(slot)].next }
    return slot == Slot.none ? nil : slot
  }

  private mutating func markStale(_ key: RegisterKey) {
    var link = top
    while let index = link.innerIndex {
      inners[index].isFresh = false
      link = inners[index].children[key.nibble(Int(inners[index].nibbles))]
    }
  }

  private mutating func makeSlot(_ key: RegisterKey, _ entry: ManifestEntry) -> Slot {
    Slot(
      key: key, hash: entry.hash, sequence: entry.sequence, stored: entry.stored,
      source: number(of: entry.source))
  }

  /// Linear: a node has few peers, and statements of one come in rows.
  private mutating func number(of source: NodeID?) -> UInt32 {
    guard let source else { return 0 }
    if let index = sources.lastIndex(of: source) { return UInt32(index) + 1 }
    sources.append(source)
    return UInt32(sources.count)
  }
}

// MARK: - Shape

extension AuthorTree {
  private mutating func insert(_ new: Slot) {
    // Doubling would cost another 96 B an entry; an eighth costs eight copies of each over a tree's life.
    if slots.count == slots.capacity { slots.reserveCapacity(slots.count + max(16, slots.count / 8)) }
    let slot = UInt32(slots.count)
    slots.append(new)
    linkByCounter(slot)
    var place: (inner: Int, child: Int)?
    var link = top
    while let index = link.innerIndex {
      let nibbles = Int(inners[index].nibbles)
      let sample = slots[Int(inners[index].sample)].key
      let shared = new.key.commonNibbles(sample, atMost: nibbles)
      guard shared == nibbles else {
        link = addFork(at: shared, over: link, sample: sample, count: inners[index].count, slot)
        return put(link, at: place)
      }
      inners[index].isFresh = false
      inners[index].count += 1
      place = (index, new.key.nibble(nibbles))
      link = inners[index].children[new.key.nibble(nibbles)]
    }
    put(extendLeaf(link, with: slot), at: place)
  }

  private mutating func put(_ link: Link, at place: (inner: Int, child: Int)?) {
    guard let place else { return top = link }
    inners[place.inner].children[place.child] = link
  }

  /// An inner node above `old`, whose prefix the new slot leaves at nibble `shared`.
  private mutating func addFork(
    at shared: Int, over old: Link, sample: RegisterKey, count: UInt32, _ slot: UInt32
  ) -> Link {
    var fork = Inner(count: count + 1, sample: slot, nibbles: UInt8(shared))
    fork.children[sample.nibble(shared)] = old
    fork.children[slots[Int(slot)].key.nibble(shared)] = .leaf(slot)
    inners.append(fork)
    return .inner(inners.count - 1)
  }

  /// The leaf with one slot more, or the inner node that it becomes.
  private mutating func extendLeaf(_ leaf: Link, with slot: UInt32) -> Link {
    var members = chain(leaf)
    let key = slots[Int(slot)].key
    members.insert(slot, at: members.firstIndex { slots[Int($0)].key > key } ?? members.count)
    return build(members[...])
  }

  /// The subtree of slots in key order.
  private mutating func build(_ members: ArraySlice<UInt32>) -> Link {
    guard let first = members.first, let last = members.last else { return .empty }
    guard members.count > leafMax else {
      for (slot, next) in zip(members, members.dropFirst()) { slots[Int(slot)].next = next }
      slots[Int(last)].next = Slot.none
      return .leaf(first)
    }
    let nibbles = slots[Int(first)].key.commonNibbles(slots[Int(last)].key, atMost: 63)
    var inner = Inner(count: UInt32(members.count), sample: first, nibbles: UInt8(nibbles))
    var rest = members
    while let head = rest.first {
      let child = slots[Int(head)].key.nibble(nibbles)
      let part = rest.prefix { slots[Int($0)].key.nibble(nibbles) == child }
      inner.children[child] = build(part)
      rest = rest.dropFirst(part.count)
    }
    inners.append(inner)
    return .inner(inners.count - 1)
  }

  /// The slots of a leaf, in key order.
  func chain(_ leaf: Link) -> [UInt32] {
    var members: [UInt32] = []
    var slot = leaf.slot
    while slot != Slot.none {
      members.append(slot)
      slot = slots[Int(slot)].next
    }
    return members
  }
}

// MARK: - Order by store counter

extension AuthorTree {
  /// Counters nearly always grow, so the place is found at the end.
  private mutating func linkByCounter(_ slot: UInt32) {
    let stored = slots[Int(slot)].stored
    var older = newest
    var newer = Slot.none
    while older != Slot.none, slots[Int(older)].stored > stored {
      newer = older
      older = slots[Int(older)].older
    }
    slots[Int(slot)].older = older
    slots[Int(slot)].newer = newer
    join(older, newer, via: slot, slot)
  }

  private mutating func unlinkByCounter(_ slot: UInt32) {
    let (older, newer) = (slots[Int(slot)].older, slots[Int(slot)].newer)
    join(older, newer, via: newer, older)
  }

  /// Sets what `older` calls newer, and what `newer` (or the end) calls older.
  private mutating func join(_ older: UInt32, _ newer: UInt32, via next: UInt32, _ previous: UInt32) {
    if older != Slot.none { slots[Int(older)].newer = next }
    if newer != Slot.none { slots[Int(newer)].older = previous } else { newest = previous }
  }
}

extension Digest {
  /// How many leading nibbles both have in common, not counting beyond `limit` (0 to 63).
  func commonNibbles(_ other: Digest, atMost limit: Int) -> Int {
    var count = 0
    while count < limit {
      let difference = self[count >> 1] ^ other[count >> 1]
      guard difference == 0 else { return min(limit, difference < 16 ? count + 1 : count) }
      count += 2
    }
    return limit
  }
}
