import AcqCore
import AcqCrypto
import Testing

@Suite("SHA-256") struct SHA256Tests {
  /// From FIPS 180-2 and NIST's CAVP (SHA256ShortMsg).
  private static let known: [(message: [UInt8], hash: String)] = [
    ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ([0xD3], "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
    (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]

  @Test("published vectors") func vectors() {
    for (message, hash) in Self.known {
      #expect(Hex.encode(SHA256.hash(message)) == hash)
      #expect(SHA256.hash(message, as: ContentID.self).hex == hash)
    }
    let million = SHA256.hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000), as: ContentID.self)
    #expect(million.hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test("however the bytes are cut, the hash is the same, and it begins again afterwards")
  func pieces() {
    var random = SeededRandom(seed: 1)
    let bytes = random.bytes(1_000)
    let whole = SHA256.hash(bytes)
    var hash = SHA256()
    for _ in 0..<100 {
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 0...200, using: &random))
        hash.update(piece)
        rest = rest.dropFirst(piece.count)
      }
      #expect(hash.finalize() == whole)
    }
    #expect(hash.finalize() == SHA256.hash([]))
  }

  @Test("parts, digests and integers are hashed as their bytes") func parts() throws {
    let digest = SHA256.hash([1, 2, 3], as: ContentID.self)
    var hash = SHA256()
    hash.update(digest)
    hash.updateBigEndian(UInt32(0x0102_0304))
    #expect(hash.finalize() == SHA256.hash(digest.bytes + [1, 2, 3, 4]))
    #expect(SHA256.hash([1], [], [2, 3], as: ContentID.self) == digest)
  }

  @Test("a domain prefix is one SHA-256 block") func domain() {
    #expect(Domain.prefix("acqd/1 node") == Domain.node)
    #expect(Domain.node.count == 64)
    #expect(Domain.node.prefix(12) == ArraySlice("acqd/1 node\0".utf8))
    #expect(Domain.prefix(String(repeating: "x", count: 64)).count == 64)
  }
}
