import AcqCore
import AcqCrypto
import Testing

/// Published vectors of what the handshake and the records are made of.
@Suite("Ciphers") struct CipherTests {
  private func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

  @Test("HMAC-SHA-256 of RFC 4231") func hmac() throws {
    let key = [UInt8](repeating: 0x0B, count: 20)
    let tag = HKDF.authenticate(Array("Hi There".utf8), key: key)
    #expect(Hex.encode(tag) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    let long = HKDF.authenticate(
      Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      key: [UInt8](repeating: 0xAA, count: 131))
    #expect(Hex.encode(long) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test("X25519 of RFC 7748") func x25519() throws {
    let scalar = SecretBytes(try bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"))
    let point = try bytes("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    let shared = try X25519.sharedSecret(scalar, point)
    #expect(
      shared.withBytes { Hex.encode($0) }
        == "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
  }

  @Test("public keys of small order are refused") func smallOrder() throws {
    let secret = X25519.generate()
    let weak = [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]
    for hex in weak {
      let error = #expect(throws: CryptoError.self) { _ = try X25519.sharedSecret(secret, try bytes(hex)) }
      #expect(error?.kind == .weakKey)
    }
  }

  @Test("two sides compute one secret") func agreement() throws {
    let (a, b) = (X25519.generate(), X25519.generate())
    let one = try X25519.sharedSecret(a, X25519.publicKey(of: b)).withBytes { Array($0) }
    let two = try X25519.sharedSecret(b, X25519.publicKey(of: a)).withBytes { Array($0) }
    #expect(one == two)
  }

  @Test("ChaCha20-Poly1305 of RFC 8439 appendix A.5") func aead() throws {
    let key = AEADKey(
      SecretBytes(try bytes("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0")))
    let associated = try bytes("f33388860000000000004e91")
    let nonce: UInt64 = 0x0807_0605_0403_0201
    let plaintext = Array(
      """
      Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or \
      obsoleted by other documents at any time. It is inappropriate to use Internet-Drafts as reference material or \
      to cite them other than as /\u{201C}work in progress./\u{201D}
      """.utf8)
    // The nonce 00000000 01020304 05060708 is a little-endian number to Noise.
    let sealed = key.seal(plaintext[...], number: nonce, associated: associated)
    let expected = """
      64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0\
      bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855\
      9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e9\
      9040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a\
      0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0ff77987130\
      305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709beead9d67890cbb22392336fea1851f38
      """
    #expect(Hex.encode(sealed) == expected)
    #expect(try key.open(sealed[...], number: nonce, associated: associated) == plaintext)
  }

  @Test("in place gives the same bytes, and a changed byte anywhere is found") func inPlace() throws {
    var random = SeededRandom(seed: 4)
    let key = AEADKey(SecretBytes(random.bytes(32)))
    for size in [0, 1, 63, 64, 65, 1_000] {
      let plaintext = random.bytes(size)
      let sealed = key.seal(plaintext[...], number: 5)
      var buffer = [9, 9] + plaintext + [UInt8](repeating: 0, count: AEADKey.tagBytes) + [9]
      key.seal(2..<2 + size, of: &buffer, number: 5)
      #expect(buffer == [9, 9] + sealed + [9])
      let range = try key.open(2..<buffer.count - 1, of: &buffer, number: 5)
      #expect(buffer[range] == plaintext[...])
      for index in sealed.indices {
        var changed = sealed
        changed[index] ^= 1 << UInt8(index % 8)
        #expect(throws: CryptoError.self) { _ = try key.open(changed[...], number: 5) }
      }
      #expect(throws: CryptoError.self) { _ = try key.open(sealed[...], number: 6) }
      #expect(throws: CryptoError.self) { _ = try key.open(sealed[...], number: 5, associated: [0]) }
    }
    for count in 0..<AEADKey.tagBytes {
      #expect(throws: CryptoError.self) {
        _ = try key.open([UInt8](repeating: 0, count: count)[...], number: 0)
      }
    }
  }

  @Test("random bytes differ, equality is of all bytes") func entropy() {
    #expect(Entropy.bytes(32) != Entropy.bytes(32))
    #expect(Entropy.bytes(0).isEmpty)
    #expect(constantTimeEquals([], []))
    #expect(constantTimeEquals([1, 2], [1, 2]))
    #expect(!constantTimeEquals([1, 2], [1, 3]))
    #expect(!constantTimeEquals([1, 2], [1]))
  }
}
