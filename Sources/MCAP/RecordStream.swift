import AcqCore

/// Takes the bytes of a recording as they come and gives its records: works on a file that is still being written.
///
/// Keeps at most one record and the unpacked chunk. A record larger than the limit is one error and is skipped.
public struct RecordStream {
  /// Where the stream is.
  public enum Phase: Hashable, Sendable {
    /// Before or inside the opening magic.
    case magic
    /// Between records.
    case records
    /// Behind the footer, before or inside the closing magic.
    case tail
    /// Everything was read; bytes that follow are ignored.
    case closed
    /// A record that its writer never finished, or no record; bytes that follow are ignored.
    case broken
  }

  private let expandsChunks: Bool
  private let recordBytesMax: Int
  private let expander: ChunkExpander
  private var buffer: ArraySlice<UInt8> = []
  private var skipBytes: UInt64 = 0
  private var walk: RecordWalk?
  private var walkOffset: UInt64 = 0
  /// Where the stream is.
  public private(set) var phase = Phase.magic
  /// Offset in the recording of the first byte that no record given so far, or being skipped, covers.
  public private(set) var offset: UInt64 = 0

  /// A stream at the start of a recording. With `expandsChunks`, the records of a chunk come instead of it.
  public init(expandsChunks: Bool = false, recordBytesMax: Int = MCAPLimits.recordBytesMax) {
    self.expandsChunks = expandsChunks
    self.recordBytesMax = recordBytesMax
    expander = ChunkExpander(recordBytesMax: recordBytesMax)
  }

  /// Takes the next bytes. Ask `next()` until it gives nil before the next call, or they pile up.
  public mutating func append(_ bytes: ArraySlice<UInt8>) {
    guard phase != .closed && phase != .broken else { return }
    let skipped = Int(min(skipBytes, UInt64(bytes.count)))
    skipBytes -= UInt64(skipped)
    let rest = bytes.dropFirst(skipped)
    if buffer.isEmpty {
      buffer = rest
    } else {
      buffer.append(contentsOf: rest)
    }
  }

  /// The next record; nil when more bytes are needed, or none help. An error concerns one record: the next call goes
  /// on behind it, unless `phase` is `broken`. A first error of kind `notMCAP` or `headLost` is final.
  public mutating func next() throws(MCAPError) -> Record? {
    while true {
      if var walk {
        if let frame = walk.next() {
          self.walk = walk
          return try Record(opcode: frame.opcode, body: walk.bytes[frame.body], at: walkOffset)
        }
        self.walk = nil
        guard walk.isAtEnd else {
          throw MCAPError(.malformed, "the records of a chunk break off", offset: walkOffset)
        }
      }
      switch phase {
      case .magic: guard try takeMagic() else { return nil }
      case .records:
        guard let record = try takeRecord() else { return nil }
        guard case .chunk(let chunk) = record, expandsChunks else { return record }
        walk = RecordWalk(try expander.expand(chunk, at: walkOffset))
      case .tail: return takeTail()
      case .closed, .broken: return nil
      }
    }
  }

  private mutating func consume(_ count: Int) {
    buffer = buffer.dropFirst(count)
    offset += UInt64(count)
  }

  private mutating func giveUp() {
    phase = .broken
    buffer = []
  }

  private mutating func takeMagic() throws(MCAPError) -> Bool {
    let kind = RecordingKind(firstBytes: buffer)
    if case .notMCAP(let reason) = kind {
      giveUp()
      throw MCAPError(.notMCAP, reason, offset: 0)
    }
    guard buffer.count >= magic.count else { return false }
    guard kind == .mcap else {
      giveUp()
      throw MCAPError(.headLost, "the first bytes are zero", offset: 0)
    }
    consume(magic.count)
    phase = .records
    return true
  }

  private mutating func takeTail() -> Record? {
    guard buffer.count >= magic.count else { return nil }
    if buffer.starts(with: magic) {
      consume(magic.count)
      phase = .closed
      buffer = []
    } else {
      giveUp()
    }
    return nil
  }

  private mutating func takeRecord() throws(MCAPError) -> Record? {
    guard buffer.count >= frameBytes else { return nil }
    let start = buffer.startIndex
    let opcode = buffer[start]
    let length = buffer.littleEndian(UInt64.self, at: start + 1)
    guard opcode != 0 else {
      giveUp()
      throw MCAPError(.malformed, "no record begins here,", offset: offset)
    }
    guard length != .max else {
      giveUp()
      return nil
    }
    guard length <= UInt64(recordBytesMax) else { return try skip(length) }
    let total = frameBytes + Int(length)
    guard buffer.count >= total else { return nil }
    let body = buffer[(start + frameBytes)..<(start + total)]
    walkOffset = offset
    consume(total)
    if opcode == Opcode.footer { phase = .tail }
    return try Record(opcode: opcode, body: body, at: walkOffset)
  }

  /// Drops a record that is larger than we keep: what is here now, the rest as it comes.
  private mutating func skip(_ length: UInt64) throws(MCAPError) -> Record? {
    let recordOffset = offset
    let (next, isOverflow) = (offset + UInt64(frameBytes)).addingReportingOverflow(length)
    guard !isOverflow else {
      giveUp()
      return nil
    }
    let here = min(UInt64(buffer.count - frameBytes), length)
    buffer = buffer.dropFirst(frameBytes + Int(here))
    skipBytes = length - here
    offset = next
    throw MCAPError(.limit, "a record of \(length) bytes is larger than we read", offset: recordOffset)
  }
}
