import AcqCore
import AcqCrypto
import AcqWire
import Foundation
import TestSupport
import Testing

@Suite("Handshake") struct HandshakeTests {
  private let car = NodeKey.generate(role: .car)
  private let base = NodeKey.generate(role: .base)

  @Test("both sides agree on keys, on the session's hash and on who is there") func agreement() throws {
    let initiator = try NoiseInitiator(key: car, peerStatic: base.noisePublic)
    #expect(initiator.message1.count == NoiseResponder.message1Bytes)
    var responder = NoiseResponder(key: base)
    #expect(try responder.read(message1: initiator.message1) == car.noisePublic)
    let message2 = try responder.message2()
    #expect(message2.count == NoiseInitiator.message2Bytes)
    var near = try initiator.finish(message2: message2)
    var far = responder.finish()
    #expect(near.handshakeHash == far.handshakeHash)
    #expect(near.peerStatic == base.noisePublic)
    #expect(far.peerStatic == car.noisePublic)
    #expect(try far.opener.open(near.sealer.seal([1, 2, 3]).dropFirst(2)) == [1, 2, 3])
    #expect(try near.opener.open(far.sealer.seal([4]).dropFirst(2)) == [4])
  }

  @Test("with fixed keys, messages, hash and records are those of the reference") func reference() throws {
    let vectors = try Vectors("handshake").json
    func key(_ name: String) throws -> NodeKey {
      let values = try #require(vectors[name])
      let role = try #require(Role(name: try values.text("role")))
      return NodeKey(
        role: role, noiseSecret: try values.bytes("noiseSecret"), signSeed: try values.bytes("signSeed"))
    }
    let (own, peer) = (try key("initiator"), try key("responder"))
    let initiator = try NoiseInitiator(
      key: own, peerStatic: peer.noisePublic, ephemeral: SecretBytes(try vectors.bytes("initiatorEphemeral")))
    var responder = NoiseResponder(key: peer, ephemeral: SecretBytes(try vectors.bytes("responderEphemeral")))
    #expect(initiator.message1 == (try vectors.bytes("message1")))
    _ = try responder.read(message1: initiator.message1)
    let message2 = try responder.message2()
    #expect(message2 == (try vectors.bytes("message2")))
    var near = try initiator.finish(message2: message2)
    var far = responder.finish()
    #expect(near.handshakeHash == (try vectors.bytes("handshakeHash")))
    let records = try Vectors("handshake").list("records")
    let plaintext = Message.cancel(requestID: 1).encoded
    var number: UInt64 = 0
    for record in records {
      // Every record up to the wanted one is really sealed and opened, so that both sides change their keys.
      while true {
        let (there, back) = (near.sealer.seal(plaintext), far.sealer.seal(plaintext))
        #expect(try far.opener.open(there.dropFirst(2)) == plaintext)
        #expect(try near.opener.open(back.dropFirst(2)) == plaintext)
        number += 1
        guard number > (try record.integer("number")) else { continue }
        #expect(there == (try record.bytes("fromInitiator")))
        #expect(back == (try record.bytes("fromResponder")))
        break
      }
    }
  }

  @Test("Noise's published vectors, payloads, hash and transport messages included", .needsShared)
  func published() throws {
    let path = try #require(SharedData.noise) + "/vectors.json"
    let file = try JSON(parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
    let vectors = try #require(file["vectors"]?.array)
    let vector = try #require(
      vectors.first { $0["protocol_name"]?.string == "Noise_IK_25519_ChaChaPoly_SHA256" })
    let messages = try #require(vector["messages"]?.array)
    func keyed(_ name: String) throws -> NodeKey {
      NodeKey(role: .car, noiseSecret: try vector.bytes(name), signSeed: [UInt8](repeating: 1, count: 32))
    }
    let (own, peer) = (try keyed("init_static"), try keyed("resp_static"))
    #expect(peer.noisePublic == (try vector.bytes("init_remote_static")))
    var near = NoiseIK(
      own: own, ephemeral: SecretBytes(try vector.bytes("init_ephemeral")), responderStatic: peer.noisePublic,
      prologue: try vector.bytes("init_prologue"))
    var far = NoiseIK(
      own: peer, ephemeral: SecretBytes(try vector.bytes("resp_ephemeral")),
      responderStatic: peer.noisePublic,
      prologue: try vector.bytes("resp_prologue"))
    let first = try near.writeFirst(to: peer.noisePublic, payload: try messages[0].bytes("payload"))
    #expect(first == (try messages[0].bytes("ciphertext")))
    let read = try far.readFirst(first[...])
    #expect(read.remoteStatic == own.noisePublic)
    #expect(read.payload == (try messages[0].bytes("payload")))
    let second = try far.writeSecond(payload: try messages[1].bytes("payload"))
    #expect(second == (try messages[1].bytes("ciphertext")))
    #expect(try near.readSecond(second[...]) == (try messages[1].bytes("payload")))
    #expect(near.handshakeHash == (try vector.bytes("handshake_hash")))
    #expect(far.handshakeHash == near.handshakeHash)
    let (keys, others) = (near.split(), far.split())
    for (index, message) in messages.dropFirst(2).enumerated() {
      let (payload, ciphertext) = (try message.bytes("payload"), try message.bytes("ciphertext"))
      let pair =
        index % 2 == 0
        ? (keys.fromInitiator, others.fromInitiator) : (others.fromResponder, keys.fromResponder)
      #expect(pair.0.seal(payload[...], number: UInt64(index / 2)) == ciphertext)
      #expect(try pair.1.open(ciphertext[...], number: UInt64(index / 2)) == payload)
    }
  }

  @Test("a first message with any bit changed, or of another length, is refused") func firstCorrupted() throws
  {
    let message1 = try NoiseInitiator(key: car, peerStatic: base.noisePublic).message1
    for index in message1.indices {
      var changed = message1
      changed[index] ^= 1 << UInt8(index % 8)
      // The top bit of an X25519 key has no meaning, but it is hashed, so it is found too.
      var responder = NoiseResponder(key: base)
      #expect(throws: WireError.self, "byte \(index)") { _ = try responder.read(message1: changed) }
      var shorter = NoiseResponder(key: base)
      #expect(throws: WireError.self) { _ = try shorter.read(message1: Array(message1.prefix(index))) }
    }
    var longer = NoiseResponder(key: base)
    #expect(throws: WireError.self) { _ = try longer.read(message1: message1 + [0]) }
  }

  @Test("an answer with any bit changed, or of another length, is refused") func secondCorrupted() throws {
    for index in 0...NoiseInitiator.message2Bytes {
      for isCut in [false, true] {
        let initiator = try NoiseInitiator(key: car, peerStatic: base.noisePublic)
        var responder = NoiseResponder(key: base)
        _ = try responder.read(message1: initiator.message1)
        var message2 = try responder.message2()
        if index == message2.count {
          message2.append(0)
        } else if isCut {
          message2 = Array(message2.prefix(index))
        } else {
          message2[index] ^= 1 << UInt8(index % 8)
        }
        var isRefused = false
        do { _ = try initiator.finish(message2: message2) } catch { isRefused = true }
        #expect(isRefused, "byte \(index)")
      }
    }
  }

  @Test("only the owner of the dialled key can read the first message or answer it") func impostor() throws {
    let initiator = try NoiseInitiator(key: car, peerStatic: base.noisePublic)
    var stranger = NoiseResponder(key: NodeKey.generate(role: .base))
    let error = #expect(throws: WireError.self) { _ = try stranger.read(message1: initiator.message1) }
    #expect(error?.kind == .notAuthentic)
  }

  @Test("keys of small order are refused on both sides") func smallOrder() throws {
    #expect(throws: WireError.self) {
      _ = try NoiseInitiator(key: car, peerStatic: [UInt8](repeating: 0, count: 32)).message1
    }
    var message1 = try NoiseInitiator(key: car, peerStatic: base.noisePublic).message1
    message1.replaceSubrange(10..<42, with: [UInt8](repeating: 0, count: 32))
    var responder = NoiseResponder(key: base)
    #expect(throws: WireError.self) { _ = try responder.read(message1: message1) }
  }

  @Test("another suite or protocol is told apart from a forgery") func preamble() throws {
    let message1 = try NoiseInitiator(key: car, peerStatic: base.noisePublic).message1
    for index in 0..<8 {
      var changed = message1
      changed[index] += 1
      var responder = NoiseResponder(key: base)
      let error = #expect(throws: WireError.self) { _ = try responder.read(message1: changed) }
      #expect(error?.kind == .preamble)
    }
  }
}
