import AcqCore
import AcqCrypto
import AcqWire

/// Hashes (protocol §4, "Tree"): computed when asked for, kept for inner nodes and the root. A leaf's hash is not kept:
/// it costs less than the memory, and only a change next to it asks for it again.
extension AuthorTree {
  /// Zero when empty.
  mutating func root() -> ManifestHash {
    if let cachedRoot { return cachedRoot }
    var root = ManifestHash.zero
    if count > 0 {
      var sha = SHA256()
      let all = hash(top, &sha)
      sha.update(Domain.manifestAuthor)
      sha.update(author)
      sha.updateBigEndian(UInt32(count))
      sha.update(all)
      root = sha.finalize(as: ManifestHash.self)
    }
    cachedRoot = root
    return root
  }

  /// N of the registers under `prefix`.
  mutating func hash(under prefix: NibblePrefix) -> ManifestHash {
    var sha = SHA256()
    let link = locate(prefix)
    guard link.innerIndex == nil else { return hash(link, &sha) }
    return hash(leaf: chain(link).filter { prefix.covers(slots[Int($0)].key) }, &sha)
  }

  /// N of a whole subtree. As deep as the tree, which is at most 64.
  private mutating func hash(_ link: Link, _ sha: inout SHA256) -> ManifestHash {
    guard let index = link.innerIndex else { return hash(leaf: chain(link), &sha) }
    if inners[index].isFresh { return inners[index].hash }
    let children = (0..<16).map { hash(inners[index].children[$0], &sha) }
    let nibbles = Int(inners[index].nibbles)
    sha.update(Domain.manifestNode)
    sha.update([inners[index].nibbles])
    sha.update(NibblePrefix(slots[Int(inners[index].sample)].key, nibbleCount: nibbles).packed)
    for child in children { sha.update(child) }
    inners[index].hash = sha.finalize(as: ManifestHash.self)
    inners[index].isFresh = true
    return inners[index].hash
  }

  private func hash(leaf members: [UInt32], _ sha: inout SHA256) -> ManifestHash {
    guard !members.isEmpty else { return .zero }
    sha.update(Domain.manifestLeaf)
    for slot in members {
      sha.update(slots[Int(slot)].key)
      sha.updateBigEndian(slots[Int(slot)].sequence)
      sha.update(slots[Int(slot)].hash)
    }
    return sha.finalize(as: ManifestHash.self)
  }

  /// What TREE_NODE says of `prefix`.
  mutating func treeNode(_ prefix: NibblePrefix) -> TreeNode {
    let link = locate(prefix)
    guard let index = link.innerIndex else {
      let members = chain(link).filter { prefix.covers(slots[Int($0)].key) }.map { slots[Int($0)] }
      if members.isEmpty { return .empty }
      return .leaf(members.map { TreeNode.Entry(key: $0.key, sequence: $0.sequence, hash: $0.hash) })
    }
    var sha = SHA256()
    let inner = inners[index]
    let children = (0..<16).map { child -> TreeNode.Child? in
      let link = inner.children[child]
      guard link != .empty else { return nil }
      return TreeNode.Child(count: UInt32(count(link)), hash: ShortHash(hash(link, &sha)))
    }
    let own = NibblePrefix(slots[Int(inner.sample)].key, nibbleCount: Int(inner.nibbles))
    return .inner(prefix: own, children: children)
  }
}
