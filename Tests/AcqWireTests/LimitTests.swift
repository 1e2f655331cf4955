import AcqCore
import AcqCrypto
import AcqWire
import Testing

/// Each limit of the wire at n, which goes through, and at n + 1, which does not.
@Suite("Limits of messages") struct LimitTests {
  private static func digests<Subject>(_ count: Int, as _: Digest<Subject>.Type) -> [Digest<Subject>] {
    (0..<count).map { SHA256.hash([UInt8($0 >> 8), UInt8($0 & 0xFF)], as: Digest<Subject>.self) }.sorted()
  }

  private func expectRoundTrip(_ message: Message, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try Message.decodeAll(message.encoded) == [message], sourceLocation: sourceLocation)
  }

  private func expectRefused(
    _ frame: [UInt8], _ kind: WireError.Kind, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: WireError.self, sourceLocation: sourceLocation) {
      _ = try Message.decodeAll(frame)
    }
    #expect(error?.kind == kind, sourceLocation: sourceLocation)
  }

  /// A frame of `type` whose 16-bit count at `offset` of the body is one higher, with `more` at its end.
  private func increased(_ message: Message, countAt offset: Int, adding more: [UInt8]) -> [UInt8] {
    var body = Array(message.encoded[4...]) + more
    let count = Int(body[offset]) << 8 + Int(body[offset + 1]) + 1
    body.replaceSubrange(offset..<offset + 2, with: [UInt8(count >> 8), UInt8(count & 0xFF)])
    return [message.encoded[0], 0, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
  }

  @Test("512 authors") func roots() throws {
    let authors = Self.digests(512, as: NodeID.self)
    let message = Message.roots(authors.map { AuthorRoot(author: $0, root: .zero) })
    try expectRoundTrip(message)
    let last = [UInt8](repeating: 0xFF, count: 32)
    expectRefused(increased(message, countAt: 0, adding: last + last), .limit)
  }

  @Test("512 prefixes of up to 63 digits") func treeGet() throws {
    let keys = Self.digests(512, as: RegisterKey.self)
    let prefixes = keys.map { NibblePrefix($0, nibbleCount: 63) }
    let message = Message.treeGet(TreeRequest(requestID: 1, author: .zero, prefixes: prefixes))
    try expectRoundTrip(message)
    expectRefused(increased(message, countAt: 36, adding: [0]), .limit)
    expectRefused(
      [0x12, 0, 0, 71] + [0, 0, 0, 1] + [UInt8](repeating: 0, count: 32) + [0, 1, 64]
        + [UInt8](repeating: 0, count: 32), .limit)
  }

  @Test("16 entries of a leaf, 16 children of a node") func treeNode() throws {
    let keys = Self.digests(16, as: RegisterKey.self)
    let entries = keys.map { TreeNode.Entry(key: $0, sequence: Limits.sequenceMax - 1, hash: .zero) }
    let leaf = Message.treeNode(requestID: 1, index: 511, .leaf(entries))
    try expectRoundTrip(leaf)
    let last = [UInt8](repeating: 0xFF, count: 32) + [UInt8](repeating: 0, count: 40)
    expectRefused(increased(leaf, countAt: 7, adding: last), .limit)
    let child = TreeNode.Child(count: .max, hash: ShortHash(.zero))
    let full = TreeNode.inner(
      prefix: NibblePrefix(keys[0], nibbleCount: 63), children: Array(repeating: child, count: 16))
    try expectRoundTrip(.treeNode(requestID: .max, index: 0, full))
  }

  @Test("256 statement hashes") func statementGet() throws {
    let message = Message.statementGet(requestID: 1, Self.digests(256, as: StatementHash.self))
    try expectRoundTrip(message)
    expectRefused(increased(message, countAt: 4, adding: [UInt8](repeating: 0, count: 32)), .limit)
  }

  @Test("a statement of 60 000 bytes fits a frame") func statement() throws {
    let room = Limits.statementBytesMax - Statement.overheadBytes
    let statement = Statement(
      kind: .node, author: .zero, subject: .zero, sequence: 1, body: [UInt8](repeating: 1, count: room),
      signature: [UInt8](repeating: 2, count: 64))
    let message = Message.statement(requestID: 0, statement)
    try expectRoundTrip(message)
    expectRefused(increased(message, countAt: 4 + 80, adding: [0]), .limit)
  }

  @Test("2 047 hashes of a map, none beyond the last block") func map() throws {
    let hashes = Self.digests(2_047, as: BlockHash.self)
    try expectRoundTrip(.map(requestID: 1, first: 0, hashes))
    #expect(WireLimits.mapHashesMax == 2_047)
    let last = WireLimits.blocksMax - 2
    try expectRoundTrip(.map(requestID: 1, first: last, Array(hashes.prefix(2))))
    expectRefused(Message.map(requestID: 1, first: last, Array(hashes.prefix(3))).encoded, .limit)
    expectRefused(Message.map(requestID: 1, first: .max, [hashes[0]]).encoded, .limit)
  }

  @Test("61 440 bytes of data, all in one block") func data() throws {
    let payload = [UInt8](repeating: 7, count: 61_441)
    let end = UInt32(Limits.blockBytes)
    let header = DataHeader(requestID: 1, offset: end - 61_440, rawLength: 61_440)
    try expectRoundTrip(.data(header, payload: payload.dropFirst()))
    let over = DataHeader(requestID: 1, offset: end - 61_439, rawLength: 61_440)
    expectRefused(Message.data(over, payload: payload.dropFirst()).encoded, .limit)
    expectRefused([0x23, 0, 0xF0, 0x0D] + [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xF0, 1] + payload, .limit)
  }

  @Test("8 185 ranges of blocks") func have() throws {
    let ranges = (0..<8_185).map { BlockRange(first: UInt32(2 * $0), count: 1) }
    #expect(WireLimits.haveRangesMax == 8_185)
    try expectRoundTrip(.have(.zero, ranges))
    try expectRoundTrip(.have(.zero, [BlockRange(first: 0, count: WireLimits.blocksMax)]))
    expectRefused(
      Message.have(.zero, [BlockRange(first: 0, count: WireLimits.blocksMax + 1)]).encoded, .limit)
  }

  @Test("1 to 64 MiB in flight, names of 255 bytes") func hello() throws {
    let name = String(repeating: "n", count: 255)
    for inflight: UInt32 in [1 << 20, 64 << 20] {
      try expectRoundTrip(.hello(Hello(root: .zero, inflightBytesMax: inflight, name: name, version: name)))
    }
    for inflight: UInt32 in [(1 << 20) - 1, (64 << 20) + 1] {
      let hello = Hello(root: .zero, inflightBytesMax: inflight, name: name)
      expectRefused(Message.hello(hello).encoded, .limit)
    }
  }

  @Test("an open recording of 2^40 bytes") func grow() throws {
    let grow = Grow(openID: .zero, sizeBytes: 1 << 40, finalBlockCount: 1 << 20, name: "x")
    try expectRoundTrip(.grow(grow))
    let over = Grow(openID: .zero, sizeBytes: (1 << 40) + 1, finalBlockCount: 1 << 20, name: "x")
    expectRefused(Message.grow(over).encoded, .limit)
  }

  @Test("a body of 65 515 bytes") func body() throws {
    let zeros = [UInt8](repeating: 0, count: 65_516)
    #expect(try Message.decodeAll([0x7F, 0x80, 0xFF, 0xEB] + zeros.dropFirst()) == [.ignored(type: 0x7F)])
    expectRefused([0x7F, 0x80, 0xFF, 0xEC] + zeros, .limit)
  }
}
