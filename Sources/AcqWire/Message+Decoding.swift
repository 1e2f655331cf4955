import AcqCore

extension Message {
  /// Every frame of one record's plaintext, in order. Throws unless all are whole, canonical and within limits.
  /// The payloads of DATA are slices of `plaintext`, not copies.
  public static func decodeAll(_ plaintext: ArraySlice<UInt8>) throws(WireError) -> [Message] {
    var messages: [Message] = []
    var rest = plaintext
    while !rest.isEmpty { messages.append(try decodeFirst(&rest)) }
    return messages
  }

  /// Every frame of one record's plaintext, in order.
  public static func decodeAll(_ plaintext: [UInt8]) throws(WireError) -> [Message] {
    try decodeAll(plaintext[...])
  }

  /// The first frame of `bytes`, which it removes from there.
  private static func decodeFirst(_ bytes: inout ArraySlice<UInt8>) throws(WireError) -> Message {
    guard bytes.count >= WireLimits.frameHeaderBytes else {
      throw WireError(.truncated, "a frame's header is cut off")
    }
    let start = bytes.startIndex
    let (type, flags) = (bytes[start], bytes[start + 1])
    let length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
    let body = bytes[(start + WireLimits.frameHeaderBytes)...]
    guard length <= Limits.frameBodyMax else {
      throw WireError(.limit, "a body of \(length) bytes, limit \(Limits.frameBodyMax)", frameType: type)
    }
    guard length <= body.count else {
      throw WireError(.truncated, "a body of \(length) bytes, \(body.count) are there", frameType: type)
    }
    bytes = body[(body.startIndex + length)...]
    return try decode(type: type, flags: flags, body: body[..<(body.startIndex + length)])
  }

  private static func decode(
    type byte: UInt8, flags: UInt8, body: ArraySlice<UInt8>
  ) throws(WireError) -> Message {
    guard let type = FrameType(rawValue: byte) else {
      guard flags & FrameType.ignorableFlag != 0 else {
        throw WireError(.unknownType, "an unknown frame", frameType: byte)
      }
      return .ignored(type: byte)
    }
    if type == .data, flags == FrameType.compressedFlag {
      throw WireError(.featureNotAgreed, "compressed DATA was not agreed on", frameType: byte)
    }
    guard flags == 0 else { throw WireError(.malformed, "flags \(flags) are not zero", frameType: byte) }
    var reader = FrameReader(body, frameType: byte)
    let message = try reader.readMessage(type)
    try reader.expectEnd()
    return message
  }
}

extension FrameReader {
  fileprivate mutating func readMessage(_ type: FrameType) throws(WireError) -> Message {
    switch type {
    case .hello: return .hello(try readHello())
    case .ping: return .ping(try readPing())
    case .pong: return .pong(try readPing())
    case .close: return try readClose()
    case .end: return .end(requestID: try readRequestID(), try readEndStatus())
    case .cancel: return .cancel(requestID: try readRequestID())
    case .root: return .root(try readDigest(), seen: try readInteger())
    case .roots: return .roots(try readRoots())
    case .treeGet: return .treeGet(try readTreeRequest())
    case .treeNode:
      return .treeNode(requestID: try readRequestID(), index: try readTreeIndex(), try readTreeNode())
    case .statementGet: return .statementGet(requestID: try readRequestID(), try readHashes())
    case .statement: return .statement(requestID: try readInteger(), try readStatement())
    case .mapGet: return .mapGet(requestID: try readRequestID(), try readDigest())
    case .map: return try readMap()
    case .blockGet: return .blockGet(try readBlockRequest())
    case .data: return try readData()
    case .have: return .have(try readDigest(), try readRanges())
    case .grow: return .grow(try readGrow())
    }
  }

  private mutating func readHello() throws(WireError) -> Hello {
    let hello = Hello(
      protocolMin: try readInteger(), protocolMax: try readInteger(),
      features: Features(rawValue: try readInteger()), root: try readDigest(),
      inflightBytesMax: try readInteger(), name: try readShortText(), version: try readShortText())
    guard hello.protocolMin >= 1, hello.protocolMin <= hello.protocolMax else {
      throw malformed("versions \(hello.protocolMin) to \(hello.protocolMax) are no range")
    }
    guard Limits.inflightBytesMax.contains(hello.inflightBytesMax) else {
      throw limit("maxInflight of \(hello.inflightBytesMax) bytes")
    }
    return hello
  }

  private mutating func readPing() throws(WireError) -> Ping {
    Ping(
      id: try readInteger(), monotonicNs: try readInteger(), wallMs: try readInteger(),
      isClockSet: try readBool())
  }

  private mutating func readClose() throws(WireError) -> Message {
    let code: UInt16 = try readInteger()
    guard let code = CloseCode(rawValue: code) else { throw malformed("unknown close code \(code)") }
    let length: UInt16 = try readInteger()
    guard length <= WireLimits.closeTextBytesMax else { throw limit("a text of \(length) bytes") }
    return .close(code, text: try readText(Int(length)))
  }

  private mutating func readEndStatus() throws(WireError) -> EndStatus {
    let status: UInt16 = try readInteger()
    guard let status = EndStatus(rawValue: status) else { throw malformed("unknown end status \(status)") }
    return status
  }

  private mutating func readRoots() throws(WireError) -> [AuthorRoot] {
    let count = try readCount(0...Limits.authorsMax, of: "authors")
    var roots: [AuthorRoot] = []
    roots.reserveCapacity(count)
    for _ in 0..<count {
      let entry = AuthorRoot(author: try readDigest(), root: try readDigest())
      if let last = roots.last, entry.author <= last.author { throw malformed("authors are not ascending") }
      roots.append(entry)
    }
    return roots
  }

  private mutating func readHashes() throws(WireError) -> [StatementHash] {
    let count = try readCount(0...Limits.statementRequestsMax, of: "statement hashes")
    var hashes: [StatementHash] = []
    hashes.reserveCapacity(count)
    for _ in 0..<count { hashes.append(try readDigest()) }
    return hashes
  }

  private mutating func readStatement() throws(WireError) -> Statement {
    do { return try Statement(decoding: readRest()) } catch { throw WireError(error, frameType: frameType) }
  }
}
