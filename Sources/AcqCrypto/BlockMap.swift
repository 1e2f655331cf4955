public import AcqCore

/// The hashes of a recording's blocks, in order: what a download is checked against (protocol §5).
public struct BlockMap: Hashable, Sendable {
  /// Bytes of the recording.
  public let sizeBytes: UInt64
  /// One hash a block, the last block being the shorter one.
  public let blocks: [BlockHash]
  /// The Merkle root over size and blocks.
  public let root: BlockHash

  /// Nil unless there are as many hashes as a recording of `sizeBytes` has blocks.
  public init?(sizeBytes: UInt64, blocks: [BlockHash]) {
    guard sizeBytes <= Limits.recordingBytesMax, blocks.count == Self.blockCount(sizeBytes: sizeBytes) else {
      return nil
    }
    self.init(checkedSizeBytes: sizeBytes, blocks: blocks)
  }

  init(checkedSizeBytes sizeBytes: UInt64, blocks: [BlockHash]) {
    self.sizeBytes = sizeBytes
    self.blocks = blocks
    root = Self.root(sizeBytes: sizeBytes, top: Self.top(of: blocks))
  }

  /// Blocks of a recording of `sizeBytes`, at most `Limits.recordingBytesMax`.
  public static func blockCount(sizeBytes: UInt64) -> Int {
    Int((sizeBytes + UInt64(Limits.blockBytes) - 1) / UInt64(Limits.blockBytes))
  }

  /// Bytes of the block at `index` of a recording of `sizeBytes`: 1 MiB, less for the last.
  public static func byteCount(ofBlock index: Int, sizeBytes: UInt64) -> Int {
    let start = UInt64(index) * UInt64(Limits.blockBytes)
    precondition(index >= 0 && start < sizeBytes, "a block of the recording")
    return Int(min(UInt64(Limits.blockBytes), sizeBytes - start))
  }

  /// Number of blocks.
  public var blockCount: Int { blocks.count }

  /// Bytes of the block at `index`, 0 to `blockCount` - 1.
  public func byteCount(ofBlock index: Int) -> Int { Self.byteCount(ofBlock: index, sizeBytes: sizeBytes) }

  /// The hash of one whole block.
  public static func hash(block: ArraySlice<UInt8>) -> BlockHash {
    var hash = BlockHasher()
    hash.update(block)
    return hash.finalize()
  }

  private static func root(sizeBytes: UInt64, top: BlockHash) -> BlockHash {
    var hash = SHA256()
    hash.update(Domain.fileRoot)
    hash.updateBigEndian(sizeBytes)
    hash.update(top)
    return hash.finalize(as: BlockHash.self)
  }

  /// RFC 9162 §2.1.1 without recursion: after each block, subtrees of equal size are joined, as a binary counter
  /// carries; at the end what is left is joined from the right.
  private static func top(of blocks: [BlockHash]) -> BlockHash {
    var hash = SHA256()
    var subtrees: [(hash: BlockHash, count: Int)] = []
    func join(_ right: BlockHash, to left: BlockHash) -> BlockHash {
      hash.update(Domain.fileNode)
      hash.update(left)
      hash.update(right)
      return hash.finalize(as: BlockHash.self)
    }
    for block in blocks {
      var subtree = (hash: block, count: 1)
      while let last = subtrees.last, last.count == subtree.count {
        subtree = (join(subtree.hash, to: last.hash), 2 * last.count)
        subtrees.removeLast()
      }
      subtrees.append(subtree)
    }
    guard var right = subtrees.popLast()?.hash else { return .zero }
    while let left = subtrees.popLast() { right = join(right, to: left.hash) }
    return right
  }
}

/// Hashes one block as its bytes come, so that it need not be in memory at once.
public struct BlockHasher: ~Copyable {
  private var hash = SHA256()

  /// At the start of a block.
  public init() { hash.update(Domain.fileBlock) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bytes) }

  /// The block's next bytes.
  public mutating func update(_ bytes: ArraySlice<UInt8>) { hash.update(bytes) }

  /// The block's hash; begins again at the start of another block.
  public mutating func finalize() -> BlockHash {
    defer { hash.update(Domain.fileBlock) }
    return hash.finalize(as: BlockHash.self)
  }
}
