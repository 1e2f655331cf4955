import AcqCore
import AcqCrypto
import AcqWire
import Testing

@Suite("Nibble prefix") struct NibblePrefixTests {
  private let key = SHA256.hash([1], as: RegisterKey.self)

  @Test("prefixes of every length are packed, read back and grown") func lengths() throws {
    var grown = NibblePrefix.empty
    for count in 0...63 {
      let prefix = NibblePrefix(key, nibbleCount: count)
      #expect(prefix == grown)
      #expect(prefix.nibbleCount == count)
      #expect(prefix.packed.count == (count + 1) / 2)
      #expect(Hex.encode(prefix.packed).hasPrefix(key.hex.prefix(count)))
      #expect(NibblePrefix(nibbleCount: count, packed: prefix.packed) == prefix)
      #expect((0..<count).allSatisfy { prefix.nibble($0) == key.nibble($0) })
      #expect(prefix.contains(key))
      let next = grown.appending(key.nibble(count))
      #expect((next == nil) == (count == 63))
      grown = next ?? grown
    }
  }

  @Test("a key belongs to a prefix when it begins with its digits") func contains() throws {
    var random = SeededRandom(seed: 9)
    for _ in 0..<2_000 {
      let other = try #require(RegisterKey(random.bytes(32)))
      let count = Int.random(in: 0...4, using: &random)
      let prefix = NibblePrefix(key, nibbleCount: count)
      #expect(prefix.contains(other) == other.hex.hasPrefix(key.hex.prefix(count)))
      #expect(prefix.firstKey.hex == key.hex.prefix(count) + String(repeating: "0", count: 64 - count))
      #expect(prefix.lastKey.hex == key.hex.prefix(count) + String(repeating: "f", count: 64 - count))
    }
  }

  @Test("a prefix is one of itself and of what is longer") func isPrefix() throws {
    let (short, long) = (NibblePrefix(key, nibbleCount: 3), NibblePrefix(key, nibbleCount: 8))
    #expect(short.isPrefix(of: short))
    #expect(short.isPrefix(of: long))
    #expect(!long.isPrefix(of: short))
    #expect(NibblePrefix.empty.isPrefix(of: short))
    let sibling = try #require(NibblePrefix(key, nibbleCount: 2).appending(key.nibble(2) ^ 1))
    #expect(!sibling.isPrefix(of: long))
    #expect(!short.isPrefix(of: sibling))
  }

  @Test("packed digits have one form") func packed() {
    #expect(NibblePrefix(nibbleCount: 1, packed: [0xA0]) != nil)
    #expect(NibblePrefix(nibbleCount: 1, packed: [0xA1]) == nil)
    #expect(NibblePrefix(nibbleCount: 2, packed: [0xA1]) != nil)
    #expect(NibblePrefix(nibbleCount: 2, packed: [0xA1, 0]) == nil)
    #expect(NibblePrefix(nibbleCount: 0, packed: []) == .empty)
    #expect(NibblePrefix(nibbleCount: 64, packed: key.bytes) == nil)
    #expect(NibblePrefix(nibbleCount: -1, packed: []) == nil)
  }

  @Test("a short hash is the first 16 bytes") func shortHash() {
    let hash = SHA256.hash([2], as: ManifestHash.self)
    #expect(ShortHash(hash) == ShortHash(hash.bytes.prefix(16)))
    #expect(ShortHash(hash) != ShortHash(.zero))
    #expect(ShortHash([1]) == nil)
  }
}
