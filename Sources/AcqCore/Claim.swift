/// What a RECORDING statement claims: the bytes that a download is for (protocol §5).
public struct Claim: Hashable, Sendable {
  /// Content id.
  public var id: ContentID
  /// Bytes.
  public var sizeBytes: UInt64
  /// Root over its block map.
  public var blockRoot: BlockHash

  /// A claim; see the properties.
  public init(id: ContentID, sizeBytes: UInt64, blockRoot: BlockHash) {
    self.id = id
    self.sizeBytes = sizeBytes
    self.blockRoot = blockRoot
  }

  /// Blocks of the recording.
  public var blockCount: Int { Int((sizeBytes + UInt64(Limits.blockBytes) - 1) / UInt64(Limits.blockBytes)) }
  /// Bytes of block `index`; the last one may be shorter.
  public func byteCount(ofBlock index: Int) -> Int {
    let start = UInt64(index) * UInt64(Limits.blockBytes)
    return Int(min(UInt64(Limits.blockBytes), sizeBytes - min(start, sizeBytes)))
  }
}
