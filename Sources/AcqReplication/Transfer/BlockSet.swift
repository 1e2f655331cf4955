/// Which blocks of one recording are there: a bit for each.
public struct BlockSet: Hashable, Sendable {
  /// Blocks of the recording.
  public let blockCount: Int
  /// Blocks that are in the set.
  public private(set) var count = 0
  private var words: [UInt64]

  /// None of `blockCount` blocks.
  public init(blockCount: Int) {
    self.blockCount = blockCount
    words = [UInt64](repeating: 0, count: (blockCount + 63) / 64)
  }

  /// The set of the blocks in `blocks`, each below `blockCount`.
  public init(blockCount: Int, blocks: some Sequence<Int>) {
    self.init(blockCount: blockCount)
    for block in blocks { insert(block) }
  }

  /// Whether every block is there.
  public var isComplete: Bool { count == blockCount }

  /// Whether block `index` is there.
  public func contains(_ index: Int) -> Bool { words[index >> 6] >> UInt64(index & 63) & 1 == 1 }

  /// Puts a block in. Idempotent.
  public mutating func insert(_ index: Int) {
    precondition(index >= 0 && index < blockCount, "block \(index) of \(blockCount)")
    guard !contains(index) else { return }
    words[index >> 6] |= 1 << UInt64(index & 63)
    count += 1
  }

  /// Takes a block out. Idempotent.
  public mutating func remove(_ index: Int) {
    guard contains(index) else { return }
    words[index >> 6] &= ~(1 << UInt64(index & 63))
    count -= 1
  }

  /// The first block at or after `start` that is not in the set; nil when there is none.
  public func firstMissing(from start: Int = 0) -> Int? {
    var index = start
    while index < blockCount {
      if index & 63 == 0, words[index >> 6] == .max {
        index += 64
        continue
      }
      if !contains(index) { return index }
      index += 1
    }
    return nil
  }
}
