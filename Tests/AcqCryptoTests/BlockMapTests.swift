import AcqCore
import AcqCrypto
import Testing

@Suite("Block map") struct BlockMapTests {
  /// The data of the vectors: byte i = (131 i + 17 (i >> 8) + 7) & 255.
  private static func pattern(_ sizeBytes: Int) -> [UInt8] {
    (0..<sizeBytes).map { UInt8(truncatingIfNeeded: 131 &* $0 &+ 17 &* ($0 >> 8) &+ 7) }
  }

  @Test("files give the content ids, hashes and roots of the vectors") func files() throws {
    for vector in try Vectors("blockmap").list("files") {
      let size = try vector.integer("sizeBytes")
      var digest = FileDigest()
      digest.update(Self.pattern(Int(size)))
      #expect(digest.sizeBytes == size)
      let (contentID, map) = digest.finish()
      #expect(contentID == (try vector.digest("contentID")))
      #expect(map.sizeBytes == size)
      #expect(map.root == (try vector.digest("blockRoot")))
      #expect(map.blocks.map { JSON.string($0.hex) } == vector["blocks"]?.array)
      #expect(BlockMap(sizeBytes: size, blocks: map.blocks) == map)
    }
  }

  @Test("trees of every shape give the roots of the vectors") func shapes() throws {
    for vector in try Vectors("blockmap").list("shapes") {
      let count = Int(try vector.integer("blockCount"))
      let blocks = (0..<count).map { SHA256.hash(Array("block \($0)".utf8), as: BlockHash.self) }
      let map = BlockMap(sizeBytes: UInt64(count * Limits.blockBytes), blocks: blocks)
      #expect(map?.root == (try vector.digest("blockRoot")))
    }
  }

  @Test("however a file is cut into pieces, the digests are the same") func pieces() {
    var random = SeededRandom(seed: 2)
    let bytes = random.bytes(2 * Limits.blockBytes + 4_321)
    var whole = FileDigest()
    whole.update(bytes)
    let (contentID, map) = whole.finish()
    #expect(contentID == SHA256.hash(bytes, as: ContentID.self))
    for limit in [100_000, 1_500_000] {
      var digest = FileDigest()
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 0...limit, using: &random))
        digest.update(piece)
        rest = rest.dropFirst(piece.count)
      }
      let again = digest.finish()
      #expect(again.contentID == contentID)
      #expect(again.map == map)
    }
  }

  @Test("a block is hashed the same alone, in pieces and in its file") func block() {
    var random = SeededRandom(seed: 3)
    let bytes = random.bytes(Limits.blockBytes + 10)
    var file = FileDigest()
    file.update(bytes)
    let map = file.finish().map
    let cut = Limits.blockBytes
    #expect(BlockMap.hash(block: bytes[..<cut]) == map.blocks[0])
    #expect(BlockMap.hash(block: bytes[cut...]) == map.blocks[1])
    var hasher = BlockHasher()
    hasher.update(bytes[..<100])
    hasher.update(bytes[100..<cut])
    #expect(hasher.finalize() == map.blocks[0])
    hasher.update(bytes[cut...])
    #expect(hasher.finalize() == map.blocks[1])
  }

  @Test("a map needs as many hashes as its size has blocks") func counts() {
    let mebibyte = UInt64(Limits.blockBytes)
    let hash = SHA256.hash([1], as: BlockHash.self)
    for (size, count) in [(0, 0), (1, 1), (mebibyte - 1, 1), (mebibyte, 1), (mebibyte + 1, 2)] {
      #expect(BlockMap.blockCount(sizeBytes: size) == count)
      #expect(BlockMap(sizeBytes: size, blocks: Array(repeating: hash, count: count)) != nil)
      #expect(BlockMap(sizeBytes: size, blocks: Array(repeating: hash, count: count + 1)) == nil)
      if count > 0 {
        #expect(BlockMap(sizeBytes: size, blocks: Array(repeating: hash, count: count - 1)) == nil)
      }
    }
    #expect(BlockMap.blockCount(sizeBytes: Limits.recordingBytesMax) == 1 << 20)
    #expect(BlockMap(sizeBytes: Limits.recordingBytesMax + 1, blocks: []) == nil)
    #expect(BlockMap(sizeBytes: .max, blocks: []) == nil)
  }

  @Test("all blocks are whole but the last") func byteCounts() throws {
    let hash = SHA256.hash([1], as: BlockHash.self)
    let map = try #require(BlockMap(sizeBytes: 2 << 20 | 5, blocks: [hash, hash, hash]))
    #expect((0..<map.blockCount).map { map.byteCount(ofBlock: $0) } == [1 << 20, 1 << 20, 5])
    let even = try #require(BlockMap(sizeBytes: 1 << 20, blocks: [hash]))
    #expect(even.byteCount(ofBlock: 0) == 1 << 20)
  }
}
