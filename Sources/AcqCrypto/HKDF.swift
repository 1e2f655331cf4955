import CSodium

/// HMAC-SHA-256 and the key derivation on it (RFC 2104, RFC 5869) by libsodium.
package enum HKDF {
  /// Bytes of an HMAC and of each derived key.
  package static let byteCount = 32

  /// HMAC-SHA-256 of `parts`, one after the other, written to 32 bytes of `output`.
  private static func authenticate(
    _ parts: [UnsafeRawBufferPointer], key: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) {
    precondition(output.count == byteCount, "an HMAC is 32 bytes")
    var state = crypto_auth_hmacsha256_state()
    // SAFETY: state is this function's; keys and parts are only read, each for its own length.
    crypto_auth_hmacsha256_init(&state, key.octets, key.count)
    for part in parts where !part.isEmpty {
      crypto_auth_hmacsha256_update(&state, part.octets, UInt64(part.count))
    }
    crypto_auth_hmacsha256_final(&state, output.octets)
    sodium_memzero(&state, MemoryLayout.size(ofValue: state))
  }

  /// HMAC-SHA-256 of `message`; the key is not empty.
  package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    [UInt8](count: byteCount) { output in
      message.withUnsafeBytes { message in
        key.withUnsafeBytes { authenticate([message], key: $0, into: output) }
      }
    }
  }

  /// The two keys that Noise derives from a chaining key and what a handshake adds to it: HKDF with the chaining
  /// key as salt, no info, 64 bytes. The keys of a session are locked, what only a handshake needs is not.
  package static func derivePair(
    chainingKey: SecretBytes, input: SecretBytes?, isLocked: Bool = false
  ) -> (SecretBytes, SecretBytes) {
    let extracted = SecretBytes(count: byteCount) { output in
      chainingKey.withBytes { key in
        guard let input else { return authenticate([], key: key, into: output) }
        input.withBytes { authenticate([$0], key: key, into: output) }
      }
    }
    let first = expand(extracted, previous: nil, number: 1, isLocked: isLocked)
    return (first, expand(extracted, previous: first, number: 2, isLocked: isLocked))
  }

  private static func expand(
    _ extracted: SecretBytes, previous: SecretBytes?, number: UInt8, isLocked: Bool
  ) -> SecretBytes {
    SecretBytes(count: byteCount, isLocked: isLocked) { output in
      extracted.withBytes { key in
        withUnsafeBytes(of: number) { number in
          guard let previous else { return authenticate([number], key: key, into: output) }
          previous.withBytes { authenticate([$0, number], key: key, into: output) }
        }
      }
    }
  }
}
