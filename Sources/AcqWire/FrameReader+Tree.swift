import AcqCore

// TREE_GET and TREE_NODE (protocol §3, types 12 and 13).

extension FrameReader {
  mutating func readTreeRequest() throws(WireError) -> TreeRequest {
    let requestID = try readRequestID()
    let author: NodeID = try readDigest()
    let count = try readCount(0...Limits.treeRequestsMax, of: "prefixes")
    var prefixes: [NibblePrefix] = []
    prefixes.reserveCapacity(count)
    for _ in 0..<count { prefixes.append(try readPrefix()) }
    return TreeRequest(requestID: requestID, author: author, prefixes: prefixes)
  }

  mutating func readTreeIndex() throws(WireError) -> UInt16 {
    let index: UInt16 = try readInteger()
    guard index < Limits.treeRequestsMax else { throw limit("index \(index) in TREE_GET") }
    return index
  }

  mutating func readTreeNode() throws(WireError) -> TreeNode {
    let kind: UInt8 = try readInteger()
    switch kind {
    case 0: return .empty
    case 1: return .leaf(try readLeaf())
    case 2: return try readInner()
    default: throw malformed("unknown kind of tree node \(kind)")
    }
  }

  private mutating func readPrefix() throws(WireError) -> NibblePrefix {
    let count: UInt8 = try readInteger()
    guard count <= NibblePrefix.nibbleCountMax else { throw limit("a prefix of \(count) digits") }
    let packed = try read((Int(count) + 1) / 2)
    guard let prefix = NibblePrefix(nibbleCount: Int(count), packed: packed) else {
      throw malformed("an odd prefix is not padded with zero")
    }
    return prefix
  }

  private mutating func readLeaf() throws(WireError) -> [TreeNode.Entry] {
    let count = try readCount(1...Limits.manifestLeafMax, of: "entries of a leaf")
    var entries: [TreeNode.Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count {
      let entry = TreeNode.Entry(key: try readDigest(), sequence: try readInteger(), hash: try readDigest())
      if let last = entries.last, entry.key <= last.key {
        throw malformed("keys of a leaf are not ascending")
      }
      guard entry.sequence < Limits.sequenceMax else { throw limit("sequence number \(entry.sequence)") }
      entries.append(entry)
    }
    return entries
  }

  private mutating func readInner() throws(WireError) -> TreeNode {
    let prefix = try readPrefix()
    let bits: UInt16 = try readInteger()
    guard bits.nonzeroBitCount >= 2 else { throw malformed("an inner node with fewer than two children") }
    var children: [TreeNode.Child?] = Array(repeating: nil, count: 16)
    var total: UInt64 = 0
    for index in 0..<16 where bits >> UInt16(index) & 1 == 1 {
      let count: UInt32 = try readInteger()
      guard count > 0 else { throw malformed("a child without entries") }
      guard let hash = ShortHash(try read(ShortHash.byteCount)) else {
        preconditionFailure("a read of 16 bytes gives 16")
      }
      total += UInt64(count)
      children[index] = TreeNode.Child(count: count, hash: hash)
    }
    guard total > Limits.manifestLeafMax else { throw malformed("an inner node of \(total) entries") }
    return .inner(prefix: prefix, children: children)
  }
}
