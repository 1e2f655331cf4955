import AcqCore
import AcqCrypto
import AcqWire
import Testing

@Suite("Messages") struct MessageTests {
  /// Every good frame of the vectors.
  private func frames() throws -> [[UInt8]] {
    try Vectors("frames").list("frames").map { try $0.bytes("frame") }
  }

  @Test("every message of the reference reads, and writes itself to the same bytes") func roundTrip() throws {
    var types: Set<UInt64> = []
    for vector in try Vectors("frames").list("frames") {
      let frame = try vector.bytes("frame")
      let messages = try Message.decodeAll(frame)
      #expect(messages.map(\.encoded) == [frame])
      var appended: [UInt8] = [1]
      messages[0].append(to: &appended)
      #expect(appended == [1] + frame)
      types.insert(try vector.integer("type"))
    }
    #expect(types == Set((0x01...0x06).map { $0 } + (0x10...0x15).map { $0 } + (0x20...0x25).map { $0 }))
  }

  @Test("what breaks a rule is refused") func refused() throws {
    for vector in try Vectors("frames").list("refused") {
      let zeros = vector["thenZeros"]?.uint64 ?? 0
      let frame = try vector.bytes("frame") + [UInt8](repeating: 0, count: Int(zeros))
      let why = try vector.text("why")
      let error = #expect(throws: WireError.self, "\(why)") { _ = try Message.decodeAll(frame) }
      #expect(error?.description.hasPrefix("wire: ") == true)
      #expect(error?.isTransient == false)
    }
  }

  @Test("an unknown type is passed over when its sender allows it") func ignored() throws {
    let frames = try Vectors("frames").list("ignored").compactMap { $0.string.flatMap(Hex.decode) }
    let after = Message.cancel(requestID: 1)
    for frame in frames {
      #expect(try Message.decodeAll(frame + after.encoded) == [.ignored(type: frame[0]), after])
    }
  }

  @Test("a record of several frames gives them in order, one of none gives none") func several() throws {
    let frames = try frames()
    let messages = try Message.decodeAll(frames.flatMap { $0 })
    #expect(messages.map(\.encoded) == frames)
    #expect(try Message.decodeAll([]) == [])
    #expect(throws: WireError.self) { _ = try Message.decodeAll(frames[0] + [1]) }
  }

  @Test("a frame cut off at any byte is refused") func truncated() throws {
    for frame in try frames() {
      for count in 1..<frame.count {
        #expect(throws: WireError.self) { _ = try Message.decodeAll(frame.prefix(count)) }
      }
    }
  }

  @Test("a body that is shorter or longer than its fields is refused, or is another good frame")
  func resized() throws {
    for frame in try frames() {
      for length in 0..<frame.count - 4 + 3 {
        var changed = [frame[0], frame[1], UInt8(length >> 8), UInt8(length & 0xFF)]
        changed +=
          frame[4...].prefix(length) + [UInt8](repeating: 0, count: max(0, length - (frame.count - 4)))
        guard let messages = try? Message.decodeAll(changed) else { continue }
        #expect(messages.map(\.encoded) == [changed])
      }
    }
  }

  @Test("a changed byte anywhere is refused or gives a message that writes the same bytes") func corrupted()
    throws
  {
    for frame in try frames() {
      for index in frame.indices {
        for value in [0x00, 0x01, 0x7F, 0x80, 0xFF, frame[index] ^ 1, frame[index] ^ 0x80] {
          var changed = frame
          changed[index] = UInt8(value)
          guard let messages = try? Message.decodeAll(changed) else { continue }
          if case .ignored = messages.first { continue }
          #expect(messages.map(\.encoded) == [changed])
        }
      }
    }
  }

  @Test("random bytes never trap, and what decodes encodes to itself", arguments: [6 as UInt64, 7, 8])
  func random(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let types = try frames().map { $0[0] }
    for _ in 0..<5_000 {
      let body = random.bytes(Int.random(in: 0...100, using: &random))
      let type = types.randomElement(using: &random) ?? 1
      let frame = [type, 0, 0, UInt8(body.count)] + body
      if let messages = try? Message.decodeAll(frame) { #expect(messages.map(\.encoded) == [frame]) }
      _ = try? Message.decodeAll(body)
    }
  }

  @Test("DATA is a slice of the record, and its header can be written before its payload") func data() throws
  {
    let payload: [UInt8] = [1, 2, 3, 4, 5]
    let header = DataHeader(requestID: 9, offset: 10, rawLength: 5)
    let frame = Message.dataFrameHeader(header) + payload
    #expect(Message.data(header, payload: payload[...]).encoded == frame)
    #expect(try Message.decodeAll(frame) == [.data(header, payload: payload[...])])
  }

  @Test("only GROW needs a feature") func features() throws {
    for frame in try frames() {
      let message = try #require(try Message.decodeAll(frame).first)
      #expect(message.neededFeatures == (frame[0] == 0x25 ? .grow : []))
    }
  }

  @Test("compressed DATA is told from other flags") func compressed() {
    let frame: [UInt8] = [0x23, 1, 0, 13] + [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    let error = #expect(throws: WireError.self) { _ = try Message.decodeAll(frame) }
    #expect(error?.kind == .featureNotAgreed)
    #expect(error?.frameType == 0x23)
  }

  @Test("a long text of CLOSE is cut at a whole character") func closeText() throws {
    let text = String(repeating: "é", count: 501)
    let message = try Message.decodeAll(Message.close(.shutdown, text: "a" + text).encoded)
    #expect(message == [.close(.shutdown, text: "a" + String(repeating: "é", count: 499))])
    let exact = String(repeating: "é", count: 500)
    #expect(
      try Message.decodeAll(Message.close(.renew, text: exact).encoded) == [.close(.renew, text: exact)])
  }
}
