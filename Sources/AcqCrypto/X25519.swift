import CSodium

/// Diffie–Hellman on Curve25519 by libsodium.
package enum X25519 {
  /// Bytes of every key and shared secret.
  package static let keyBytes = 32

  /// A new secret.
  package static func generate() -> SecretBytes {
    SecretBytes(count: keyBytes) { buffer in
      // SAFETY: the buffer has room for 32 bytes.
      randombytes_buf(buffer.octets, keyBytes)
    }
  }

  /// The public key of `secret`.
  package static func publicKey(of secret: SecretBytes) -> [UInt8] {
    precondition(secret.count == keyBytes, "an X25519 secret is 32 bytes")
    return secret.withBytes { secret in
      [UInt8](count: keyBytes) { buffer in
        // SAFETY: both are 32 bytes.
        crypto_scalarmult_base(buffer.octets, secret.octets)
      }
    }
  }

  /// What both sides can compute; a public key of small order, which would make it zero, throws.
  package static func sharedSecret(
    _ secret: SecretBytes, _ publicKey: [UInt8]
  ) throws(CryptoError) -> SecretBytes {
    precondition(secret.count == keyBytes && publicKey.count == keyBytes, "X25519 keys are 32 bytes")
    return try SecretBytes(count: keyBytes) { (buffer) throws(CryptoError) in
      let status = secret.withBytes { secret in
        // SAFETY: all three are 32 bytes.
        crypto_scalarmult(buffer.octets, secret.octets, publicKey)
      }
      guard status == 0 else { throw CryptoError(.weakKey, "a public key of small order") }
    }
  }
}
