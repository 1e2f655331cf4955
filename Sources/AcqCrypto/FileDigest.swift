public import AcqCore

/// Content id and block map of a file in one pass over its bytes, however they are cut into pieces.
public struct FileDigest: ~Copyable {
  /// Bytes that are hashed twice in a row: small enough to stay in the processor's cache between the two.
  private static let stepBytes = 64 << 10

  private var whole = SHA256()
  private var block = BlockHasher()
  private var blockFill = 0
  private var blocks: [BlockHash] = []
  /// Bytes so far.
  public private(set) var sizeBytes: UInt64 = 0

  /// At the start of a file.
  public init() {}

  /// The file's next bytes.
  public mutating func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = min(rest.count, Self.stepBytes, Limits.blockBytes - blockFill)
        step(UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
    }
  }

  /// The file's next bytes.
  public mutating func update(_ bytes: [UInt8]) { update(bytes[...]) }

  /// Bytes that lie in one block.
  private mutating func step(_ bytes: UnsafeRawBufferPointer) {
    whole.update(bytes)
    block.update(bytes)
    sizeBytes += UInt64(bytes.count)
    blockFill += bytes.count
    guard blockFill == Limits.blockBytes else { return }
    blocks.append(block.finalize())
    blockFill = 0
  }

  /// What the bytes so far are, as a whole file.
  public consuming func finish() -> (contentID: ContentID, map: BlockMap) {
    if blockFill > 0 { blocks.append(block.finalize()) }
    let contentID = whole.finalize(as: ContentID.self)
    return (contentID, BlockMap(checkedSizeBytes: sizeBytes, blocks: blocks))
  }
}
