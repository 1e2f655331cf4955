import CSodium

/// Ed25519 signatures by libsodium.
enum Ed25519 {
  static let publicKeyBytes = 32
  static let seedBytes = 32
  static let secretKeyBytes = 64
  static let signatureBytes = 64

  /// Whether `signature` is that of `message` by the owner of `publicKey`; keys of small order never are.
  static func isValid(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
    guard signature.count == signatureBytes, publicKey.count == publicKeyBytes else { return false }
    // SAFETY: lengths were checked above; all three arrays are only read.
    return crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
  }

  /// The signature of `message` with a secret key of 64 bytes (seed, public key).
  static func sign(_ message: [UInt8], with secretKey: UnsafeRawBufferPointer) -> [UInt8] {
    precondition(secretKey.count == secretKeyBytes, "an Ed25519 secret key is 64 bytes")
    return [UInt8](count: signatureBytes) { buffer in
      // SAFETY: the buffer has room for 64 bytes; message and key are only read.
      crypto_sign_detached(buffer.octets, nil, message, UInt64(message.count), secretKey.octets)
    }
  }

  /// Writes the secret key of `seed` and returns the public one.
  static func makeKey(
    seed: UnsafeRawBufferPointer, secretKey: UnsafeMutableRawBufferPointer
  ) -> [UInt8] {
    precondition(seed.count == seedBytes && secretKey.count == secretKeyBytes, "Ed25519 sizes are fixed")
    return [UInt8](count: publicKeyBytes) { buffer in
      // SAFETY: sizes were checked above; the buffer has room for 32 bytes.
      crypto_sign_seed_keypair(buffer.octets, secretKey.octets, seed.octets)
    }
  }
}
