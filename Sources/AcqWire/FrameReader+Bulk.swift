import AcqCore

// MAP, BLOCK_GET, DATA, HAVE and GROW (protocol §3, types 21 to 25).

extension FrameReader {
  mutating func readMap() throws(WireError) -> Message {
    let requestID = try readRequestID()
    let first: UInt32 = try readInteger()
    let count = remaining / BlockHash.byteCount
    guard count > 0 else { throw malformed("a MAP without hashes") }
    guard UInt64(first) + UInt64(count) <= UInt64(WireLimits.blocksMax) else {
      throw limit("block hashes \(first) and \(count) more")
    }
    var hashes: [BlockHash] = []
    hashes.reserveCapacity(count)
    for _ in 0..<count { hashes.append(try readDigest()) }
    return .map(requestID: requestID, first: first, hashes)
  }

  mutating func readBlockRequest() throws(WireError) -> BlockRequest {
    let (requestID, subject): (UInt32, SubjectID) = (try readRequestID(), try readDigest())
    let (block, offset, length): (UInt32, UInt32, UInt32) = (
      try readInteger(), try readInteger(), try readInteger()
    )
    let (priority, flags): (UInt8, UInt8) = (try readInteger(), try readInteger())
    guard block < WireLimits.blocksMax else { throw limit("block number \(block)") }
    try checkPart(offset: offset, length: length)
    guard priority <= WireLimits.priorityMax else { throw malformed("priority \(priority)") }
    guard flags <= 1 else { throw malformed("flags \(flags) of BLOCK_GET") }
    return BlockRequest(
      requestID: requestID, subject: subject, block: block, offset: offset, length: length,
      priority: priority,
      acceptsZstd: flags == 1)
  }

  mutating func readData() throws(WireError) -> Message {
    let header = DataHeader(
      requestID: try readRequestID(), offset: try readInteger(), rawLength: try readInteger())
    try checkPart(offset: header.offset, length: header.rawLength)
    guard header.rawLength <= UInt32(Limits.dataPayloadMax) else {
      throw limit("a payload of \(header.rawLength) bytes")
    }
    return .data(header, payload: try read(Int(header.rawLength)))
  }

  private func checkPart(offset: UInt32, length: UInt32) throws(WireError) {
    guard length > 0 else { throw malformed("no bytes of a block") }
    guard UInt64(offset) + UInt64(length) <= UInt64(Limits.blockBytes) else {
      throw limit("\(length) bytes from \(offset) do not lie in a block")
    }
  }

  mutating func readRanges() throws(WireError) -> [BlockRange] {
    let count = try readCount(0...WireLimits.haveRangesMax, of: "ranges")
    var ranges: [BlockRange] = []
    var end: UInt64 = 0
    for index in 0..<count {
      let range = BlockRange(first: try readInteger(), count: try readInteger())
      guard range.count > 0 else { throw malformed("an empty range of blocks") }
      guard index == 0 || UInt64(range.first) > end else {
        throw malformed("ranges touch or are not ascending")
      }
      end = UInt64(range.first) + UInt64(range.count)
      guard end <= UInt64(WireLimits.blocksMax) else { throw limit("block number \(end)") }
      ranges.append(range)
    }
    return ranges
  }

  mutating func readGrow() throws(WireError) -> Grow {
    let grow = Grow(
      openID: try readDigest(), sizeBytes: try readInteger(), finalBlockCount: try readInteger(),
      name: try readShortText())
    guard grow.sizeBytes <= Limits.recordingBytesMax else { throw limit("a size of \(grow.sizeBytes) bytes") }
    guard UInt64(grow.finalBlockCount) <= grow.sizeBytes / UInt64(Limits.blockBytes) else {
      throw malformed("more final blocks than bytes")
    }
    return grow
  }
}
