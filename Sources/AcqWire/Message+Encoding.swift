import AcqCore

extension Message {
  /// The whole frame. A count or size over its limit is a mistake of this program and traps.
  public var encoded: [UInt8] {
    var writer = ByteWriter(capacity: WireLimits.frameHeaderBytes + 64)
    guard let type = frameType else {
      preconditionFailure("a frame of an unknown type is only read")
    }
    var body = ByteWriter()
    writeBody(to: &body)
    precondition(body.bytes.count <= Limits.frameBodyMax, "a frame's body fits a record")
    writer.write(type.rawValue)
    writer.write(0)
    writer.writeBigEndian(UInt16(body.bytes.count))
    writer.write(body.bytes)
    return writer.bytes
  }

  /// Appends the whole frame to `output`; a DATA payload is copied once.
  public func append(to output: inout [UInt8]) {
    guard case .data(let header, let payload) = self else { return output.append(contentsOf: encoded) }
    precondition(Int(header.rawLength) == payload.count, "a DATA payload is as long as its header says")
    output.append(contentsOf: Self.dataFrameHeader(header))
    output.append(contentsOf: payload)
  }

  /// The 16 bytes that come before the payload of a DATA frame, so that the payload can be read straight into place.
  public static func dataFrameHeader(_ header: DataHeader) -> [UInt8] {
    precondition(header.rawLength <= UInt32(Limits.dataPayloadMax), "a DATA payload fits a frame")
    var writer = ByteWriter(capacity: WireLimits.dataHeaderBytes)
    writer.write([FrameType.data.rawValue, 0])
    writer.writeBigEndian(UInt16(12 + header.rawLength))
    header.write(to: &writer)
    return writer.bytes
  }

  private var frameType: FrameType? {
    switch self {
    case .hello: .hello
    case .ping: .ping
    case .pong: .pong
    case .close: .close
    case .end: .end
    case .cancel: .cancel
    case .root: .root
    case .roots: .roots
    case .treeGet: .treeGet
    case .treeNode: .treeNode
    case .statementGet: .statementGet
    case .statement: .statement
    case .mapGet: .mapGet
    case .map: .map
    case .blockGet: .blockGet
    case .data: .data
    case .have: .have
    case .grow: .grow
    case .ignored: nil
    }
  }

  private func writeBody(to writer: inout ByteWriter) {
    switch self {
    case .hello(let hello): hello.write(to: &writer)
    case .ping(let ping), .pong(let ping): ping.write(to: &writer)
    case .close(let code, let text): Self.writeClose(code, text, to: &writer)
    case .end(let requestID, let status):
      writer.writeBigEndian(requestID)
      writer.writeBigEndian(status.rawValue)
    case .cancel(let requestID): writer.writeBigEndian(requestID)
    case .root(let root, let seen):
      writer.write(root)
      writer.writeBigEndian(seen)
    case .roots(let roots): Self.writeRoots(roots, to: &writer)
    case .treeGet(let request): request.write(to: &writer)
    case .treeNode(let requestID, let index, let node):
      writer.writeBigEndian(requestID)
      writer.writeBigEndian(index)
      node.write(to: &writer)
    case .statementGet(let requestID, let hashes):
      precondition(hashes.count <= Limits.statementRequestsMax, "STATEMENT_GET asks for at most 256")
      writer.writeBigEndian(requestID)
      writer.writeBigEndian(UInt16(hashes.count))
      for hash in hashes { writer.write(hash) }
    case .statement(let requestID, let statement):
      writer.writeBigEndian(requestID)
      writer.write(statement.encoded)
    case .mapGet, .map, .blockGet, .data, .have, .grow: writeBulkBody(to: &writer)
    case .ignored: break
    }
  }

  private func writeBulkBody(to writer: inout ByteWriter) {
    switch self {
    case .mapGet(let requestID, let id):
      writer.writeBigEndian(requestID)
      writer.write(id)
    case .map(let requestID, let first, let hashes):
      writer.writeBigEndian(requestID)
      writer.writeBigEndian(first)
      for hash in hashes { writer.write(hash) }
    case .blockGet(let request): request.write(to: &writer)
    case .data(let header, let payload):
      precondition(Int(header.rawLength) == payload.count, "a DATA payload is as long as its header says")
      precondition(payload.count <= Limits.dataPayloadMax, "a DATA payload fits a frame")
      header.write(to: &writer)
      writer.write(payload)
    case .have(let id, let ranges):
      precondition(ranges.count <= WireLimits.haveRangesMax, "HAVE fits a frame")
      writer.write(id)
      writer.writeBigEndian(UInt16(ranges.count))
      for range in ranges {
        writer.writeBigEndian(range.first)
        writer.writeBigEndian(range.count)
      }
    case .grow(let grow): grow.write(to: &writer)
    case .hello, .ping, .pong, .close, .end, .cancel, .root, .roots, .treeGet, .treeNode, .statementGet,
      .statement, .ignored:
      preconditionFailure("not a bulk message")
    }
  }

  /// The text is for a log, so what is too long is cut, not refused.
  private static func writeClose(_ code: CloseCode, _ text: String, to writer: inout ByteWriter) {
    let text = text.clipped(toBytes: WireLimits.closeTextBytesMax)
    writer.writeBigEndian(code.rawValue)
    writer.writeBigEndian(UInt16(text.utf8.count))
    writer.write(text: text)
  }

  private static func writeRoots(_ roots: [AuthorRoot], to writer: inout ByteWriter) {
    precondition(roots.count <= Limits.authorsMax, "ROOTS names at most 512 authors")
    writer.writeBigEndian(UInt16(roots.count))
    for entry in roots {
      writer.write(entry.author)
      writer.write(entry.root)
    }
  }
}

extension String {
  /// The longest beginning of at most `count` bytes that ends with a whole character.
  func clipped(toBytes count: Int) -> String {
    guard utf8.count > count else { return self }
    var end = startIndex
    var used = 0
    for scalar in unicodeScalars {
      used += UTF8.width(scalar)
      if used > count { break }
      end = unicodeScalars.index(after: end)
    }
    return String(self[..<end])
  }
}

extension ByteWriter {
  /// A length byte, then the text.
  fileprivate mutating func writeShortText(_ text: String) {
    precondition(text.utf8.count <= Limits.nameBytesMax, "a name is at most 255 bytes")
    write(UInt8(text.utf8.count))
    write(text: text)
  }
}

extension Hello {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.writeBigEndian(protocolMin)
    writer.writeBigEndian(protocolMax)
    writer.writeBigEndian(features.rawValue)
    writer.write(root)
    writer.writeBigEndian(inflightBytesMax)
    writer.writeShortText(name)
    writer.writeShortText(version)
  }
}

extension Ping {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.writeBigEndian(id)
    writer.writeBigEndian(monotonicNs)
    writer.writeBigEndian(wallMs)
    writer.write(isClockSet ? 1 : 0)
  }
}

extension NibblePrefix {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.write(UInt8(nibbleCount))
    writer.write(packed)
  }
}

extension TreeRequest {
  fileprivate func write(to writer: inout ByteWriter) {
    precondition(prefixes.count <= Limits.treeRequestsMax, "TREE_GET asks for at most 512")
    writer.writeBigEndian(requestID)
    writer.write(author)
    writer.writeBigEndian(UInt16(prefixes.count))
    for prefix in prefixes { prefix.write(to: &writer) }
  }
}

extension TreeNode {
  fileprivate func write(to writer: inout ByteWriter) {
    switch self {
    case .empty: writer.write(0)
    case .leaf(let entries):
      precondition((1...Limits.manifestLeafMax).contains(entries.count), "a leaf has 1 to 16 entries")
      writer.write(1)
      writer.writeBigEndian(UInt16(entries.count))
      for entry in entries {
        writer.write(entry.key)
        writer.writeBigEndian(entry.sequence)
        writer.write(entry.hash)
      }
    case .inner(let prefix, let children):
      precondition(children.count == 16, "an inner node has 16 places")
      writer.write(2)
      prefix.write(to: &writer)
      let bits = children.enumerated().reduce(UInt16(0)) {
        $1.element == nil ? $0 : $0 | 1 << UInt16($1.offset)
      }
      writer.writeBigEndian(bits)
      for case let child? in children {
        writer.writeBigEndian(child.count)
        child.hash.write(to: &writer)
      }
    }
  }
}

extension BlockRequest {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.writeBigEndian(requestID)
    writer.write(subject)
    writer.writeBigEndian(block)
    writer.writeBigEndian(offset)
    writer.writeBigEndian(length)
    writer.write(priority)
    writer.write(acceptsZstd ? 1 : 0)
  }
}

extension DataHeader {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.writeBigEndian(requestID)
    writer.writeBigEndian(offset)
    writer.writeBigEndian(rawLength)
  }
}

extension Grow {
  fileprivate func write(to writer: inout ByteWriter) {
    writer.write(openID)
    writer.writeBigEndian(sizeBytes)
    writer.writeBigEndian(finalBlockCount)
    writer.writeShortText(name)
  }
}
