import CSodium

/// A key of ChaCha20-Poly1305-IETF (RFC 8439) by libsodium, with the nonces of Noise: four zero bytes, then a
/// 64-bit number, least significant byte first. The holder never uses a number twice for sealing.
package struct AEADKey: Sendable {
  /// Bytes that sealing adds.
  package static let tagBytes = 16
  private static let nonceBytes = 12
  private let secret: SecretBytes

  /// The key of 32 secret bytes.
  package init(_ secret: SecretBytes) {
    precondition(secret.count == 32, "a ChaCha20-Poly1305 key is 32 bytes")
    self.secret = secret
  }

  /// Encrypts `buffer[range]` where it stands and writes the tag into the 16 bytes after it.
  package func seal(
    _ range: Range<Int>, of buffer: inout [UInt8], number: UInt64, associated: [UInt8] = []
  ) {
    precondition(
      0 <= range.lowerBound && range.upperBound + Self.tagBytes <= buffer.count, "room for the tag")
    buffer.withUnsafeMutableBytes { bytes in
      let plaintext = UnsafeRawBufferPointer(rebasing: bytes[range])
      let output = UnsafeMutableRawBufferPointer(
        rebasing: bytes[range.lowerBound..<range.upperBound + Self.tagBytes])
      seal(plaintext, into: output, number: number, associated: associated)
    }
  }

  /// The ciphertext and tag of `plaintext`.
  package func seal(_ plaintext: ArraySlice<UInt8>, number: UInt64, associated: [UInt8] = []) -> [UInt8] {
    [UInt8](count: plaintext.count + Self.tagBytes) { output in
      plaintext.withUnsafeBytes { seal($0, into: output, number: number, associated: associated) }
    }
  }

  private func seal(
    _ plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, number: UInt64,
    associated: [UInt8]
  ) {
    withNonce(number) { nonce in
      secret.withBytes { key in
        // SAFETY: output has room for plaintext and tag, checked by both callers; libsodium allows it to begin where
        // the plaintext begins. All else is only read, for its own length.
        _ = crypto_aead_chacha20poly1305_ietf_encrypt(
          output.octets, nil, plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self),
          UInt64(plaintext.count),
          associated, UInt64(associated.count), nil, nonce.octets, key.octets)
      }
    }
  }

  /// Checks and decrypts `buffer[range]`, ciphertext and tag, where it stands, and returns where the plaintext is.
  /// A failed check leaves the buffer as it is or zeroed, never decrypted.
  package func open(
    _ range: Range<Int>, of buffer: inout [UInt8], number: UInt64, associated: [UInt8] = []
  ) throws(CryptoError) -> Range<Int> {
    precondition(0 <= range.lowerBound && range.upperBound <= buffer.count, "a range of the buffer")
    guard range.count >= Self.tagBytes else { throw CryptoError(.notAuthentic, "shorter than a tag") }
    let plaintext = range.lowerBound..<range.upperBound - Self.tagBytes
    let isAuthentic = buffer.withUnsafeMutableBytes { bytes in
      let ciphertext = UnsafeMutableRawBufferPointer(rebasing: bytes[range])
      return open(
        UnsafeRawBufferPointer(ciphertext), into: ciphertext.baseAddress, number: number,
        associated: associated)
    }
    guard isAuthentic else { throw CryptoError(.notAuthentic, "a tag does not match") }
    return plaintext
  }

  /// The plaintext of a ciphertext with its tag.
  package func open(
    _ ciphertext: ArraySlice<UInt8>, number: UInt64, associated: [UInt8] = []
  ) throws(CryptoError) -> [UInt8] {
    guard ciphertext.count >= Self.tagBytes else { throw CryptoError(.notAuthentic, "shorter than a tag") }
    return try [UInt8](count: ciphertext.count - Self.tagBytes) { (output) throws(CryptoError) in
      let isAuthentic = ciphertext.withUnsafeBytes {
        open($0, into: output.baseAddress, number: number, associated: associated)
      }
      guard isAuthentic else { throw CryptoError(.notAuthentic, "a tag does not match") }
    }
  }

  private func open(
    _ ciphertext: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer?, number: UInt64,
    associated: [UInt8]
  ) -> Bool {
    withNonce(number) { nonce in
      secret.withBytes { key in
        // SAFETY: output has room for the ciphertext less its tag, by both callers; libsodium allows it to begin
        // where the ciphertext begins. All else is only read, for its own length.
        crypto_aead_chacha20poly1305_ietf_decrypt(
          output?.assumingMemoryBound(to: UInt8.self), nil, nil, ciphertext.octets, UInt64(ciphertext.count),
          associated, UInt64(associated.count), nonce.octets, key.octets) == 0
      }
    }
  }

  /// The key that follows this one: Noise's REKEY.
  package func next() -> AEADKey {
    let zeros = [UInt8](repeating: 0, count: 32)
    return AEADKey(
      SecretBytes(count: 32, isLocked: true) { output in
        withUnsafeTemporaryAllocation(byteCount: 32 + Self.tagBytes, alignment: 8) { sealed in
          zeros.withUnsafeBytes { seal($0, into: sealed, number: .max, associated: []) }
          output.copyBytes(from: sealed.prefix(32))
          // SAFETY: the temporary bytes are this closure's; they held a key.
          sodium_memzero(sealed.octets, sealed.count)
        }
      })
  }

  private func withNonce<Result>(_ number: UInt64, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeTemporaryAllocation(byteCount: Self.nonceBytes, alignment: 8) { nonce in
      nonce.storeBytes(of: 0, toByteOffset: 0, as: UInt32.self)
      nonce.storeBytes(of: number.littleEndian, toByteOffset: 4, as: UInt64.self)
      return body(UnsafeRawBufferPointer(nonce))
    }
  }
}
