import AcqCore
package import AcqCrypto

/// Noise_IK_25519_ChaChaPoly_SHA256 (Noise revision 34), either side, without our framing.
///
/// The names of its parts are those of the Noise specification, so that it can be read beside it.
package struct NoiseIK: ~Copyable {
  /// Bytes of the first message without payload: e, s with tag, tag.
  package static let firstMessageBytes = 32 + 32 + 16 + 16
  /// Bytes of the second message without payload: e, tag.
  package static let secondMessageBytes = 32 + 16
  /// Exactly 32 bytes, so the handshake hash begins with the name itself.
  private static let protocolName = "Noise_IK_25519_ChaChaPoly_SHA256"

  private let own: NodeKey
  private let ephemeral: SecretBytes
  private var remoteEphemeral: [UInt8] = []
  private var remoteStatic: [UInt8] = []
  private var chainingKey: SecretBytes
  private var key: AEADKey?
  private var number: UInt64 = 0
  /// h: the hash of everything that both sides have seen.
  package private(set) var handshakeHash: [UInt8]

  /// Before the first message. `responderStatic` is the key that the initiator dials; the responder gives its own.
  package init(own: NodeKey, ephemeral: SecretBytes, responderStatic: [UInt8], prologue: [UInt8]) {
    self.own = own
    self.ephemeral = ephemeral
    handshakeHash = Array(Self.protocolName.utf8)
    chainingKey = SecretBytes(handshakeHash)
    mixHash(prologue)
    mixHash(responderStatic)
  }

  // MARK: Initiator

  /// -> e, es, s, ss
  package mutating func writeFirst(to responderStatic: [UInt8], payload: [UInt8]) throws(CryptoError)
    -> [UInt8]
  {
    remoteStatic = responderStatic
    let e = X25519.publicKey(of: ephemeral)
    mixHash(e)
    mixKey(try X25519.sharedSecret(ephemeral, remoteStatic))
    let s = encryptAndHash(own.noisePublic)
    mixKey(try X25519.sharedSecret(own.noiseSecret, remoteStatic))
    return e + s + encryptAndHash(payload)
  }

  /// <- e, ee, se
  package mutating func readSecond(_ message: ArraySlice<UInt8>) throws(CryptoError) -> [UInt8] {
    let (e, payload) = (Array(message.prefix(32)), message.dropFirst(32))
    precondition(e.count == 32, "the second message begins with a key")
    mixHash(e)
    mixKey(try X25519.sharedSecret(ephemeral, e))
    mixKey(try X25519.sharedSecret(own.noiseSecret, e))
    return try decryptAndHash(payload)
  }

  // MARK: Responder

  /// -> e, es, s, ss. Returns the initiator's static key and the payload.
  package mutating func readFirst(
    _ message: ArraySlice<UInt8>
  ) throws(CryptoError) -> (remoteStatic: [UInt8], payload: [UInt8]) {
    precondition(message.count >= Self.firstMessageBytes, "the first message holds two keys")
    let s = message.dropFirst(32).prefix(48)
    remoteEphemeral = Array(message.prefix(32))
    mixHash(remoteEphemeral)
    mixKey(try X25519.sharedSecret(own.noiseSecret, remoteEphemeral))
    remoteStatic = try decryptAndHash(s)
    mixKey(try X25519.sharedSecret(own.noiseSecret, remoteStatic))
    return (remoteStatic, try decryptAndHash(message.dropFirst(80)))
  }

  /// <- e, ee, se
  package mutating func writeSecond(payload: [UInt8]) throws(CryptoError) -> [UInt8] {
    precondition(!remoteEphemeral.isEmpty, "the second message answers the first")
    let e = X25519.publicKey(of: ephemeral)
    mixHash(e)
    mixKey(try X25519.sharedSecret(ephemeral, remoteEphemeral))
    mixKey(try X25519.sharedSecret(ephemeral, remoteStatic))
    return e + encryptAndHash(payload)
  }

  /// Split(): the key for what the initiator sends, and the one for what it receives.
  package consuming func split() -> (fromInitiator: AEADKey, fromResponder: AEADKey) {
    let (first, second) = HKDF.derivePair(chainingKey: chainingKey, input: nil, isLocked: true)
    return (AEADKey(first), AEADKey(second))
  }

  // MARK: Symmetric state

  private mutating func mixHash(_ data: some Collection<UInt8>) {
    var hash = SHA256()
    hash.update(handshakeHash)
    hash.update(Array(data))
    handshakeHash = hash.finalize()
  }

  private mutating func mixKey(_ secret: SecretBytes) {
    let (next, temporary) = HKDF.derivePair(chainingKey: chainingKey, input: secret)
    chainingKey = next
    key = AEADKey(temporary)
    number = 0
  }

  private mutating func encryptAndHash(_ plaintext: [UInt8]) -> [UInt8] {
    guard let key else { preconditionFailure("IK encrypts only after es") }
    let ciphertext = key.seal(plaintext[...], number: number, associated: handshakeHash)
    number += 1
    mixHash(ciphertext)
    return ciphertext
  }

  private mutating func decryptAndHash(_ ciphertext: ArraySlice<UInt8>) throws(CryptoError) -> [UInt8] {
    guard let key else { preconditionFailure("IK decrypts only after es") }
    let plaintext = try key.open(ciphertext, number: number, associated: handshakeHash)
    number += 1
    mixHash(ciphertext)
    return plaintext
  }
}
