import AcqCore
import AcqCrypto
import AcqWire

/// The tree of protocol §4 word by word, from a sorted list and without caches: what `Manifest` must equal.
struct ReferenceTree {
  let author: NodeID
  let entries: [TreeNode.Entry]
  let leafMax: Int

  init(author: NodeID, entries: [RegisterKey: (sequence: UInt64, hash: StatementHash)], leafMax: Int = 16) {
    self.author = author
    self.leafMax = leafMax
    self.entries = entries.map {
      TreeNode.Entry(key: $0.key, sequence: $0.value.sequence, hash: $0.value.hash)
    }
    .sorted { $0.key < $1.key }
  }

  func under(_ prefix: NibblePrefix) -> [TreeNode.Entry] { entries.filter { prefix.contains($0.key) } }

  static func shared(_ a: RegisterKey, _ b: RegisterKey) -> Int {
    (0..<64).first { a.nibble($0) != b.nibble($0) } ?? 64
  }

  func hash(_ part: [TreeNode.Entry]) -> ManifestHash {
    guard let first = part.first, let last = part.last else { return .zero }
    guard part.count > leafMax else {
      let lines = part.map { entry -> [UInt8] in
        var writer = ByteWriter()
        writer.write(entry.key)
        writer.writeBigEndian(entry.sequence)
        writer.write(entry.hash)
        return writer.bytes
      }
      return SHA256.hash(Domain.prefix("acqd/1 manifest leaf"), lines.flatMap { $0 }, as: ManifestHash.self)
    }
    let depth = Self.shared(first.key, last.key)
    let prefix = NibblePrefix(first.key, nibbleCount: depth)
    let children = (0..<16).flatMap { child in hash(part.filter { $0.key.nibble(depth) == child }).bytes }
    return SHA256.hash(
      Domain.prefix("acqd/1 manifest node"), [UInt8(depth)], prefix.packed, children, as: ManifestHash.self)
  }

  var root: ManifestHash {
    guard !entries.isEmpty else { return .zero }
    var count = ByteWriter()
    count.writeBigEndian(UInt32(entries.count))
    return SHA256.hash(
      Domain.prefix("acqd/1 manifest author"), author.bytes, count.bytes, hash(entries).bytes,
      as: ManifestHash.self)
  }

  func treeNode(_ prefix: NibblePrefix) -> TreeNode {
    let part = under(prefix)
    guard let first = part.first, let last = part.last else { return .empty }
    guard part.count > leafMax else { return .leaf(part) }
    let depth = Self.shared(first.key, last.key)
    let children = (0..<16).map { child -> TreeNode.Child? in
      let below = part.filter { $0.key.nibble(depth) == child }
      return below.isEmpty ? nil : TreeNode.Child(count: UInt32(below.count), hash: ShortHash(hash(below)))
    }
    return .inner(prefix: NibblePrefix(first.key, nibbleCount: depth), children: children)
  }
}
