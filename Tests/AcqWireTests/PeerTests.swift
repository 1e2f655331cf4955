import AcqCore
import AcqCrypto
import AcqWire
import TestSupport
import Testing

/// Sessions with another implementation of Noise, over the change of keys.
@Suite("Sessions with noiseprotocol") struct PeerTests {
  /// Over the end of the first key's 16 384 records.
  private static let recordCount = 16_387

  /// The other end: the same input always gives the same output.
  private struct Peer {
    let role: String
    let own: SecretBytes
    let ephemeral = Entropy.bytes(32)
    let publicKey: [UInt8]
    let secret = Entropy.bytes(32)

    init(role: String) {
      self.role = role
      own = SecretBytes(secret)
      publicKey = X25519.publicKey(of: own)
    }

    func run(peerPublic: [UInt8], input: [UInt8]) throws -> [UInt8] {
      let keys = [secret, peerPublic, ephemeral].map { Hex.encode($0) }
      return try PythonTools.runBytes(
        "Protocol/reference/noise_peer.py", [role] + keys + [String(PeerTests.recordCount)], input: input)
    }
  }

  private func plaintext(_ index: Int) -> [UInt8] { Message.cancel(requestID: UInt32(index + 1)).encoded }

  private func sealAll(_ sealer: inout RecordSealer) -> [UInt8] {
    (0..<Self.recordCount).flatMap { sealer.seal(plaintext($0)) }
  }

  private func openAll(_ records: ArraySlice<UInt8>, _ opener: inout RecordOpener) throws {
    var buffer = Array(records)
    var position = 0
    for index in 0..<Self.recordCount {
      let messages = try opener.nextMessages(in: &buffer, at: &position)
      #expect(messages == [.cancel(requestID: UInt32(index + 1))])
    }
    #expect(position == buffer.count)
  }

  @Test("we dial: handshake and records both ways, over a change of keys") func dialling() throws {
    let own = NodeKey.generate(role: .car)
    let peer = Peer(role: "responder")
    let initiator = try NoiseInitiator(key: own, peerStatic: peer.publicKey)
    let message1 = initiator.message1
    let first = try peer.run(peerPublic: own.noisePublic, input: message1)
    var channel = try initiator.finish(message2: Array(first.prefix(NoiseInitiator.message2Bytes)))
    try openAll(first.dropFirst(NoiseInitiator.message2Bytes), &channel.opener)
    let second = try peer.run(peerPublic: own.noisePublic, input: message1 + sealAll(&channel.sealer))
    #expect(second == first + channel.handshakeHash)
  }

  @Test("we are dialled: handshake and records both ways, over a change of keys") func dialled() throws {
    let own = NodeKey.generate(role: .cloud)
    let peer = Peer(role: "initiator")
    var responder = NoiseResponder(key: own)
    let message1 = try peer.run(peerPublic: own.noisePublic, input: [])
    #expect(try responder.read(message1: message1) == peer.publicKey)
    let message2 = try responder.message2()
    var channel = responder.finish()
    let second = try peer.run(peerPublic: own.noisePublic, input: message2 + sealAll(&channel.sealer))
    #expect(second.suffix(32) == channel.handshakeHash[...])
    try openAll(second.dropFirst(message1.count).dropLast(32), &channel.opener)
  }
}
