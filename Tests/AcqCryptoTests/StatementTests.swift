import AcqCore
import AcqCrypto
import Testing

@Suite("Signed statements") struct StatementTests {
  private struct Signer {
    let key: NodeKey
    let card: Card

    init(_ vectors: Vectors) throws {
      let values = try #require(vectors.json["key"])
      let role = try #require(Role(name: try values.text("role")))
      key = NodeKey(
        role: role, noiseSecret: try values.bytes("noiseSecret"), signSeed: try values.bytes("signSeed"))
      card = try #require(key.card(name: "signer"))
    }
  }

  @Test("statements are signed, hashed and placed as in the vectors") func vectors() throws {
    let vectors = try Vectors("statements")
    let signer = try Signer(vectors)
    for vector in try vectors.list("statements") {
      let statement = Statement.signed(
        kind: StatementKind(rawValue: UInt8(try vector.integer("kind"))),
        subject: try vector.digest("subject"),
        shard: UInt8(try vector.integer("shard")), sequence: try vector.integer("sequence"),
        body: try vector.bytes("body"), by: signer.key)
      #expect(statement.signature == (try vector.bytes("signature")))
      #expect(statement.encoded == (try vector.bytes("encoded")))
      #expect(statement.hash == (try vector.digest("hash")))
      #expect(statement.registerKey == (try vector.digest("registerKey")))
      let read = try Statement(decoding: try vector.bytes("encoded"))
      #expect(read == statement)
      #expect(read.isSigned(by: signer.card))
    }
  }

  @Test("the bodies of the vectors read, and write themselves to the same bytes") func bodies() throws {
    for vector in try Vectors("statements").list("statements") {
      let body = try vector.bytes("body")
      let again: [UInt8]?? =
        switch StatementKind(rawValue: UInt8(try vector.integer("kind"))) {
        case .recording where body.isEmpty: nil
        case .recording: RecordingBody(decoding: body)?.encoded
        case .holding: HoldingBody(decoding: body)?.encoded
        case .annotation: AnnotationBody(decoding: body)?.encoded
        case .node where CBOR.isNewer(body): nil
        case .node: NodeBody(decoding: body)?.encoded
        default: nil
        }
      let meaning = try vector.text("meaning")
      if let again { #expect(again == body, "\(meaning)") }
    }
  }

  @Test("what must not be stored is refused by form or by signature") func refused() throws {
    let vectors = try Vectors("statements")
    let signer = try Signer(vectors)
    for vector in try vectors.list("refused") {
      let bytes = try vector.bytes("encoded")
      let isGood = (try? Statement(decoding: bytes))?.isSigned(by: signer.card) ?? false
      let why = try vector.text("why")
      #expect(!isGood, "\(why)")
    }
  }

  @Test("any changed bit and any lost byte of a statement is found") func corrupted() throws {
    let key = NodeKey.generate(role: .base)
    let card = try #require(key.card(name: "x"))
    let statement = Statement.signed(
      kind: .node, subject: SubjectID(sameBytesAs: key.id), sequence: 7, body: [1, 2, 3], by: key)
    let bytes = statement.encoded
    #expect(statement.isSigned(by: card))
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << UInt8(index % 8)
      let isGood = (try? Statement(decoding: changed))?.isSigned(by: card) ?? false
      #expect(!isGood, "byte \(index)")
      #expect(throws: CoreError.self) { _ = try Statement(decoding: bytes.prefix(index)) }
    }
  }

  @Test("a statement is only that of its author") func author() throws {
    let key = NodeKey.generate(role: .car)
    let other = NodeKey.generate(role: .car)
    let statement = Statement.signed(kind: .node, subject: .zero, sequence: 1, body: [], by: key)
    let card = try #require(key.card(name: "x"))
    let otherCard = try #require(other.card(name: "x"))
    #expect(statement.isSigned(by: card))
    #expect(!statement.isSigned(by: otherCard))
    // The same signature key under another role is another node.
    let base = try #require(
      Card(name: "x", role: .base, noisePublic: key.noisePublic, signPublic: key.signPublic))
    #expect(!statement.isSigned(by: base))
  }

  @Test("a statement has at most 60 000 bytes") func size() throws {
    let key = NodeKey.generate(role: .car)
    let card = try #require(key.card(name: "x"))
    let room = Limits.statementBytesMax - Statement.overheadBytes
    let statement = Statement.signed(
      kind: .node, subject: .zero, sequence: 1, body: [UInt8](repeating: 0, count: room), by: key)
    #expect(statement.encoded.count == Limits.statementBytesMax)
    #expect(try Statement(decoding: statement.encoded).isSigned(by: card))
    var longer = statement.encoded
    longer.insert(0, at: 82)
    longer[80] = UInt8((room + 1) >> 8)
    longer[81] = UInt8((room + 1) & 0xFF)
    let error = #expect(throws: CoreError.self) { _ = try Statement(decoding: longer) }
    #expect(error?.kind == .limit)
  }
}

extension CBOR {
  /// Whether a body has keys that this program does not write.
  fileprivate static func isNewer(_ bytes: [UInt8]) -> Bool { (try? CBOR(decoding: bytes))?[99] != nil }
}
