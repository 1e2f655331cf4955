import AcqCore
import AcqCrypto
import AcqWire
import Synchronization
import Testing

/// Two ends of a session.
struct Session: ~Copyable {
  var near: SecureChannel
  var far: SecureChannel

  init() throws {
    let (car, base) = (NodeKey.generate(role: .car), NodeKey.generate(role: .base))
    let initiator = try NoiseInitiator(key: car, peerStatic: base.noisePublic)
    var responder = NoiseResponder(key: base)
    _ = try responder.read(message1: initiator.message1)
    near = try initiator.finish(message2: try responder.message2())
    far = responder.finish()
  }
}

@Suite("Records") struct RecordTests {
  @Test("a record is its length, then ciphertext and tag") func form() throws {
    var session = try Session()
    for size in [0, 1, 1_000, Limits.recordPlaintextMax] {
      let plaintext = SeededRandom.bytes(size, seed: UInt64(size))
      let record = session.near.sealer.seal(plaintext)
      #expect(record.count == size + RecordSealer.overheadBytes)
      #expect(Int(record[0]) << 8 + Int(record[1]) == size + 16)
      #expect(try session.far.opener.open(record.dropFirst(2)) == plaintext)
    }
  }

  @Test("the two directions can be taken apart, to live behind locks of their own") func apart() throws {
    let (car, base) = (NodeKey.generate(role: .car), NodeKey.generate(role: .base))
    let initiator = try NoiseInitiator(key: car, peerStatic: base.noisePublic)
    var responder = NoiseResponder(key: base)
    _ = try responder.read(message1: initiator.message1)
    let near = try initiator.finish(message2: try responder.message2())
    let far = responder.finish()
    let sealer = Mutex(near.sealer)
    let opener = Mutex(far.opener)
    let record = sealer.withLock { $0.seal([7]) }
    #expect(try opener.withLock { try $0.open(record.dropFirst(2)) } == [7])
  }

  @Test("a stream of records is opened where it stands, at whatever bytes it is cut") func stream() throws {
    var session = try Session()
    var random = SeededRandom(seed: 10)
    var stream: [UInt8] = []
    let plaintexts = (0..<20).map { random.bytes($0 * 37) }
    for plaintext in plaintexts { session.near.sealer.seal(into: &stream) { $0 += plaintext } }
    var buffer: [UInt8] = []
    var position = 0
    var opened: [[UInt8]] = []
    for byte in stream {
      buffer.append(byte)
      while let range = try session.far.opener.openNext(in: &buffer, at: &position) {
        opened.append(Array(buffer[range]))
      }
    }
    #expect(opened == plaintexts)
    #expect(position == stream.count)
  }

  @Test("messages fill records and no frame spans two") func messages() throws {
    var session = try Session()
    let payload = SeededRandom.bytes(Limits.dataPayloadMax, seed: 11)
    let header = DataHeader(requestID: 1, offset: 0, rawLength: UInt32(payload.count))
    var messages = [Message.data(header, payload: payload[...]), .data(header, payload: payload[...])]
    messages += (1...5_000).map { Message.cancel(requestID: UInt32($0)) }
    var stream: [UInt8] = []
    session.near.sealer.seal(messages, into: &stream)
    var (position, records) = (0, 0)
    var read: [Message] = []
    while let more = try session.far.opener.nextMessages(in: &stream, at: &position) {
      read += more
      records += 1
    }
    #expect(read == messages)
    #expect(position == stream.count)
    #expect(records == 3)
    session.near.sealer.seal([], into: &stream)
    #expect(position == stream.count)
  }

  @Test("a write that fails leaves no trace") func failing() throws {
    struct Failure: Error {}
    var session = try Session()
    var output: [UInt8] = [9]
    #expect(throws: Failure.self) {
      try session.near.sealer.seal(into: &output) { (output) throws(Failure) in
        output.append(1)
        throw Failure()
      }
    }
    #expect(output == [9])
    #expect(try session.far.opener.open(session.near.sealer.seal([1]).dropFirst(2)) == [1])
  }

  @Test("a record changed, lost, repeated or swapped is refused") func forged() throws {
    var session = try Session()
    let records = (0..<3).map { session.near.sealer.seal([UInt8($0)]) }
    for index in records[0].indices.dropFirst(2) {
      var other = try Session()
      var changed = other.near.sealer.seal([0])
      changed[index] ^= 1
      #expect(throws: WireError.self) { _ = try other.far.opener.open(changed.dropFirst(2)) }
    }
    #expect(throws: WireError.self) { _ = try session.far.opener.open(records[1].dropFirst(2)) }
    var again = try Session()
    let record = again.near.sealer.seal([1])
    _ = try again.far.opener.open(record.dropFirst(2))
    #expect(throws: WireError.self) { _ = try again.far.opener.open(record.dropFirst(2)) }
    // What one side sealed is nothing that the other sealed.
    var mirror = try Session()
    let own = mirror.near.sealer.seal([1])
    #expect(throws: WireError.self) { _ = try mirror.near.opener.open(own.dropFirst(2)) }
  }

  @Test("lengths below a tag are refused before anything is opened") func lengths() throws {
    for length: UInt8 in 0..<16 {
      var session = try Session()
      var buffer: [UInt8] = [0, length] + [UInt8](repeating: 0, count: 20)
      var position = 0
      let error = #expect(throws: WireError.self) {
        _ = try session.far.opener.openNext(in: &buffer, at: &position)
      }
      #expect(error?.kind == .malformed)
      #expect(position == 0)
    }
  }

  @Test("random bytes are no record and never trap") func random() throws {
    var session = try Session()
    var random = SeededRandom(seed: 12)
    for _ in 0..<500 {
      var buffer = random.bytes(Int.random(in: 0...300, using: &random))
      var position = 0
      _ = try? session.far.opener.openNext(in: &buffer, at: &position)
      #expect(position == 0)
    }
  }

  @Test("the longest plaintext fits, one byte more does not") func longest() throws {
    var session = try Session()
    let record = session.near.sealer.seal([UInt8](repeating: 0, count: Limits.recordPlaintextMax))
    #expect(record[0] == 0xFF && record[1] == 0xFF)
    #expect(throws: WireError.self) {
      _ = try session.far.opener.open([UInt8](repeating: 0, count: Limits.recordCiphertextMax + 1))
    }
  }
}

extension SeededRandom {
  static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return random.bytes(count)
  }
}
