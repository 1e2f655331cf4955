import AcqCore
import AcqWire

/// What lies under a prefix, and what is new.
extension AuthorTree {
  /// The smallest subtree that has everything under `prefix`. An inner node lies under it wholly; a leaf may hold
  /// registers beside it.
  func locate(_ prefix: NibblePrefix) -> Link {
    var link = top
    while let index = link.innerIndex {
      let nibbles = Int(inners[index].nibbles)
      let sample = slots[Int(inners[index].sample)].key
      let shared = prefix.firstKey.commonNibbles(sample, atMost: min(nibbles, prefix.nibbleCount))
      if nibbles >= prefix.nibbleCount { return shared == prefix.nibbleCount ? link : .empty }
      if shared < nibbles { return .empty }
      link = inners[index].children[prefix.firstKey.nibble(nibbles)]
    }
    return link
  }

  /// How many registers a subtree has.
  func count(_ link: Link) -> Int {
    link.innerIndex.map { Int(inners[$0].count) } ?? chain(link).count
  }

  /// The slots under `prefix`, by key.
  func slots(under prefix: NibblePrefix) -> [UInt32] {
    let link = locate(prefix)
    guard link.innerIndex == nil else {
      var found: [UInt32] = []
      collect(link, after: nil, limit: .max, into: &found)
      return found
    }
    return chain(link).filter { prefix.covers(slots[Int($0)].key) }
  }

  /// At most `limit` slots with keys above `key`, by key.
  func slots(after key: RegisterKey?, limit: Int) -> [UInt32] {
    var found: [UInt32] = []
    collect(top, after: key, limit: limit, into: &found)
    return found
  }

  func reference(_ slot: UInt32) -> StatementRef {
    StatementRef(author: author, key: slots[Int(slot)].key, hash: slots[Int(slot)].hash)
  }

  private func collect(_ link: Link, after key: RegisterKey?, limit: Int, into found: inout [UInt32]) {
    guard let index = link.innerIndex else {
      let above = chain(link).filter { slot in key.map { slots[Int(slot)].key > $0 } ?? true }
      return found.append(contentsOf: above.prefix(limit - found.count))
    }
    var key = key
    var first = 0
    if let bound = key {
      let nibbles = Int(inners[index].nibbles)
      let sample = slots[Int(inners[index].sample)].key
      if bound.commonNibbles(sample, atMost: nibbles) == nibbles {
        first = bound.nibble(nibbles)
      } else if sample > bound {
        key = nil
      } else {
        return
      }
    }
    for child in first..<16 where found.count < limit {
      collect(inners[index].children[child], after: child == first ? key : nil, limit: limit, into: &found)
    }
  }

  /// At most `limit` slots stored after `mark` that did not come from `peer`, the newest first.
  func slots(storedAfter mark: UInt64, notFrom peer: NodeID, limit: Int) -> [UInt32] {
    var found: [UInt32] = []
    var slot = newest
    while slot != Slot.none, slots[Int(slot)].stored > mark, found.count < limit {
      if entry(at: slot).source != peer { found.append(slot) }
      slot = slots[Int(slot)].older
    }
    return found
  }
}

extension NibblePrefix {
  /// Whether `key` begins with these digits; unlike `contains`, without building a key.
  func covers(_ key: RegisterKey) -> Bool { firstKey.commonNibbles(key, atMost: nibbleCount) == nibbleCount }
}
