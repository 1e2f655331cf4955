public import AcqCrypto

// The handshake of protocol §2: preamble, then Noise IK in two messages of fixed length without payload.
// Both machines see no sockets and no clock: the caller reads exactly as many bytes as they name.

/// What goes before the handshake and into its prologue.
enum Preamble {
  /// "ACQD", suite 1 (Noise IK as in `NoiseIK`), flags 0, reserved 0.
  static let bytes: [UInt8] = Array("ACQD".utf8) + [1, 0, 0, 0]
  /// Ties the handshake to this protocol and to the preamble as the responder saw it.
  static let prologue = bytes + Array("acqd/1".utf8)
}

/// The two directions of an authenticated session; each can be taken out, to live behind a lock of its own.
@frozen public struct SecureChannel: ~Copyable, Sendable {
  /// For what this side sends.
  public var sealer: RecordSealer
  /// For what the peer sends.
  public var opener: RecordOpener
  /// Names this session to both sides and to nobody else, 32 bytes.
  public let handshakeHash: [UInt8]
  /// The peer's X25519 key, 32 bytes, that it has proved to own. For the responder only once the first record opened.
  public let peerStatic: [UInt8]
}

/// The side that dials. It knows whom it dials.
public struct NoiseInitiator: ~Copyable, Sendable {
  /// Bytes of the message that `finish` takes.
  public static let message2Bytes = 2 + NoiseIK.secondMessageBytes
  /// What to send first: preamble, length, handshake.
  public let message1: [UInt8]
  private var noise: NoiseIK
  private let peerStatic: [UInt8]

  /// Begins a handshake with the owner of `peerStatic`. Throws when that is no key an honest node can have.
  public init(key: NodeKey, peerStatic: [UInt8]) throws(WireError) {
    try self.init(key: key, peerStatic: peerStatic, ephemeral: X25519.generate())
  }

  package init(key: NodeKey, peerStatic: [UInt8], ephemeral: SecretBytes) throws(WireError) {
    precondition(peerStatic.count == X25519.keyBytes, "an X25519 key is 32 bytes")
    self.peerStatic = peerStatic
    noise = NoiseIK(own: key, ephemeral: ephemeral, responderStatic: peerStatic, prologue: Preamble.prologue)
    do {
      let first = try noise.writeFirst(to: peerStatic, payload: [])
      message1 = Preamble.bytes + [0, UInt8(first.count)] + first
    } catch { throw WireError(.notAuthentic, "the peer's key is of small order") }
  }

  /// The session, once the peer's answer of `message2Bytes` bytes proved that it owns its key.
  public consuming func finish(message2: [UInt8]) throws(WireError) -> SecureChannel {
    guard message2.count == Self.message2Bytes else {
      throw WireError(.truncated, "an answer of \(message2.count) bytes, not \(Self.message2Bytes)")
    }
    guard message2[0] == 0, Int(message2[1]) == NoiseIK.secondMessageBytes else {
      throw WireError(.malformed, "the answer's length is not \(NoiseIK.secondMessageBytes)")
    }
    do { _ = try noise.readSecond(message2[2...]) } catch {
      throw WireError(
        .notAuthentic, "the answer is not from the owner of the key that was dialled", offset: 2)
    }
    let hash = noise.handshakeHash
    let peer = peerStatic
    let keys = noise.split()
    return SecureChannel(
      sealer: RecordSealer(keys.fromInitiator), opener: RecordOpener(keys.fromResponder), handshakeHash: hash,
      peerStatic: peer)
  }
}

/// The side that is dialled. It learns from the first message who dials, before it answers.
public struct NoiseResponder: ~Copyable, Sendable {
  /// Bytes to read before anything is looked at: preamble, length, handshake. The same for everyone.
  public static let message1Bytes = Preamble.bytes.count + 2 + NoiseIK.firstMessageBytes
  private var noise: NoiseIK
  private var peerStatic: [UInt8] = []
  private var isAnswered = false

  /// Waits for a first message to the owner of `key`.
  public init(key: NodeKey) { self.init(key: key, ephemeral: X25519.generate()) }

  package init(key: NodeKey, ephemeral: SecretBytes) {
    noise = NoiseIK(
      own: key, ephemeral: ephemeral, responderStatic: key.noisePublic, prologue: Preamble.prologue)
  }

  /// Whose X25519 key the dialler claims to own. The message may be an old one sent again: nothing may be done on it
  /// but to answer, and only to a key that is trusted.
  public mutating func read(message1: [UInt8]) throws(WireError) -> [UInt8] {
    precondition(peerStatic.isEmpty, "a responder reads one message")
    guard message1.count == Self.message1Bytes else {
      throw WireError(.truncated, "a first message of \(message1.count) bytes, not \(Self.message1Bytes)")
    }
    guard Array(message1[..<Preamble.bytes.count]) == Preamble.bytes else {
      throw WireError(.preamble, "the preamble is not that of acqd, suite 1")
    }
    guard message1[8] == 0, Int(message1[9]) == NoiseIK.firstMessageBytes else {
      throw WireError(.malformed, "the first message's length is not \(NoiseIK.firstMessageBytes)", offset: 8)
    }
    do { peerStatic = try noise.readFirst(message1[10...]).remoteStatic } catch {
      throw WireError(.notAuthentic, "the first message was not made for this node's key", offset: 10)
    }
    return peerStatic
  }

  /// What to answer, once.
  public mutating func message2() throws(WireError) -> [UInt8] {
    precondition(!peerStatic.isEmpty && !isAnswered, "the answer follows a first message, once")
    isAnswered = true
    do {
      let second = try noise.writeSecond(payload: [])
      return [0, UInt8(second.count)] + second
    } catch { throw WireError(.notAuthentic, "the dialler's key is of small order") }
  }

  /// The session. It is confirmed only when its first record has opened.
  public consuming func finish() -> SecureChannel {
    precondition(isAnswered, "a session begins with the answer")
    let hash = noise.handshakeHash
    let peer = peerStatic
    let keys = noise.split()
    return SecureChannel(
      sealer: RecordSealer(keys.fromResponder), opener: RecordOpener(keys.fromInitiator), handshakeHash: hash,
      peerStatic: peer)
  }
}
