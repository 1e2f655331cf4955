public import AcqCore

/// Learns what sealing must know of a recording while its bytes pass by, at next to no cost: nothing is copied or
/// unpacked, times come from chunk headers and from messages outside chunks. Only a chunk that the recording breaks
/// off in is read again, by `finish`.
public struct RecordingProbe {
  /// What was learnt.
  public struct Result: Hashable, Sendable {
    /// What the first bytes say.
    public let kind: RecordingKind
    /// Least log time of complete messages; nil without any.
    public let startNs: UInt64?
    /// Greatest log time of complete messages; nil without any.
    public let endNs: UInt64?
    /// Whether footer or closing magic is missing.
    public let isCutOff: Bool
    /// Bytes up to the end of the last complete record: where a cut-off recording breaks.
    public let completeBytes: UInt64
  }

  private enum Phase { case magic, records, tail, closed, broken }

  /// The record that the input is in.
  private struct Current {
    let opcode: UInt8
    let endOffset: UInt64
    var times: ClosedRange<UInt64>?
    var isTimeless = false
  }

  /// Enough of any record to learn its times.
  private static let headBytes = frameBytes + messageHeadBytes

  private var phase = Phase.magic
  private var kind = RecordingKind.empty
  /// The first bytes of a record whose head is not yet here: less than `headBytes`.
  private var pending: [UInt8] = []
  private var current: Current?
  private var skipBytes: UInt64 = 0
  private var sizeBytes: UInt64 = 0
  private var times: ClosedRange<UInt64>?
  private var timelessChunks: [UInt64] = []
  /// Bytes up to the end of the last complete record, so far. Writers go back into what follows it.
  public private(set) var completeBytes: UInt64 = 0

  /// Nothing seen yet.
  public init() {}

  /// Takes the next bytes of the file, in pieces of any size.
  public mutating func append(_ bytes: ArraySlice<UInt8>) {
    sizeBytes += UInt64(bytes.count)
    var rest = bytes
    while !rest.isEmpty {
      switch phase {
      case .magic: takeMagic(&rest)
      case .records where skipBytes > 0: skip(&rest)
      case .records where pending.isEmpty: takeRecords(&rest)
      case .records: takePending(&rest)
      case .tail: takeTail(&rest)
      case .closed, .broken: return
      }
    }
  }

  /// What was learnt from all bytes. `source` is the same file, read again at most where it breaks off and where
  /// chunk headers are silent; what it throws is thrown.
  public func finish(reading source: some ByteSource) throws -> Result {
    var times = times
    if let current, current.opcode == Opcode.chunk { times = Self.joined(times, try salvagedTimes(source)) }
    for offset in timelessChunks { times = Self.joined(times, try chunkTimes(source, at: offset)) }
    return Result(
      kind: phase == .magic ? RecordingKind(firstBytes: pending[...]) : kind, startNs: times?.lowerBound,
      endNs: times?.upperBound, isCutOff: phase != .closed, completeBytes: completeBytes)
  }
}

// MARK: - Taking bytes

extension RecordingProbe {
  /// Moves bytes from `rest` until `pending` has `count`; false when there are too few.
  private mutating func gather(_ count: Int, from rest: inout ArraySlice<UInt8>) -> Bool {
    let part = rest.prefix(max(0, count - pending.count))
    pending.append(contentsOf: part)
    rest = rest.dropFirst(part.count)
    return pending.count >= count
  }

  private mutating func takeMagic(_ rest: inout ArraySlice<UInt8>) {
    guard gather(magic.count, from: &rest) else { return }
    kind = RecordingKind(firstBytes: pending[...])
    pending = []
    phase = kind == .mcap ? .records : .broken
    if kind == .mcap { completeBytes = UInt64(magic.count) }
  }

  private mutating func takeTail(_ rest: inout ArraySlice<UInt8>) {
    guard gather(magic.count, from: &rest) else { return }
    let isMagic = pending == magic
    phase = isMagic ? .closed : .broken
    if isMagic { completeBytes += UInt64(magic.count) }
  }

  private mutating func skip(_ rest: inout ArraySlice<UInt8>) {
    let count = min(skipBytes, UInt64(rest.count))
    rest = rest.dropFirst(Int(count))
    skipBytes -= count
    if skipBytes == 0 { commit() }
  }

  /// The common case: records whose heads lie in this piece.
  private mutating func takeRecords(_ rest: inout ArraySlice<UInt8>) {
    while rest.count >= frameBytes {
      let length = rest.littleEndian(UInt64.self, at: rest.startIndex + 1)
      let left = UInt64(rest.count - frameBytes)
      guard rest.count >= Self.headBytes || length <= left else { break }
      guard begin(rest) else { return }
      guard length <= left else {
        skipBytes = length - left
        rest = []
        return
      }
      rest = rest.dropFirst(frameBytes + Int(length))
      commit()
      if phase != .records { return }
    }
    pending = Array(rest)
    rest = []
  }

  /// A record whose head is spread over pieces.
  private mutating func takePending(_ rest: inout ArraySlice<UInt8>) {
    guard gather(frameBytes, from: &rest) else { return }
    let length = pending[...].littleEndian(UInt64.self, at: 1)
    guard gather(frameBytes + Int(min(length, UInt64(messageHeadBytes))), from: &rest) else { return }
    guard begin(pending[...]) else { return }
    skipBytes = length - UInt64(pending.count - frameBytes)
    pending = []
    if skipBytes == 0 { commit() }
  }

  /// Reads the head of the record that `bytes` begin with; false when no record begins there.
  private mutating func begin(_ bytes: ArraySlice<UInt8>) -> Bool {
    let start = bytes.startIndex
    let opcode = bytes[start]
    let length = bytes.littleEndian(UInt64.self, at: start + 1)
    guard opcode != 0 else {
      phase = .broken
      return false
    }
    let (end, isOverflow) = completeBytes.addingReportingOverflow(UInt64(frameBytes))
    let (endOffset, isTooFar) = end.addingReportingOverflow(length)
    var record = Current(opcode: opcode, endOffset: isOverflow || isTooFar ? .max : endOffset)
    let body = start + frameBytes
    if opcode == Opcode.message && length >= UInt64(messageHeadBytes) {
      let time = bytes.littleEndian(UInt64.self, at: body + 6)
      record.times = time...time
    } else if opcode == Opcode.chunk && length >= 16 {
      let first = bytes.littleEndian(UInt64.self, at: body)
      let last = bytes.littleEndian(UInt64.self, at: body + 8)
      record.isTimeless = first > last || last == 0
      if !record.isTimeless { record.times = first...last }
    }
    current = record
    return true
  }

  /// The record at hand is complete.
  private mutating func commit() {
    guard let record = current else { preconditionFailure("a record was begun") }
    if record.isTimeless && timelessChunks.count < MCAPLimits.timelessChunksMax {
      timelessChunks.append(completeBytes)
    }
    times = Self.joined(times, record.times)
    completeBytes = record.endOffset
    current = nil
    if record.opcode == Opcode.footer { phase = .tail }
  }
}

// MARK: - Reading again

extension RecordingProbe {
  private static func joined(_ a: ClosedRange<UInt64>?, _ b: ClosedRange<UInt64>?) -> ClosedRange<UInt64>? {
    guard let a, let b else { return a ?? b }
    return min(a.lowerBound, b.lowerBound)...max(a.upperBound, b.upperBound)
  }

  /// Times of the messages in what is left of the chunk that the recording breaks off in.
  private func salvagedTimes(_ source: some ByteSource) throws -> ClosedRange<UInt64>? {
    let available = sizeBytes - completeBytes
    let record = try source.read(
      at: completeBytes, count: Int(min(available, UInt64(frameBytes + MCAPLimits.recordBytesMax))))
    var reader = FieldReader(record.dropFirst(frameBytes), recordOffset: completeBytes)
    guard let chunk = try? Chunk(&reader, isBroken: true) else { return nil }
    let expander = ChunkExpander(recordBytesMax: MCAPLimits.recordBytesMax)
    return Self.messageTimes(expander.salvage(chunk))
  }

  /// Times of the messages in a whole chunk; nil also when it cannot be read.
  private func chunkTimes(_ source: some ByteSource, at offset: UInt64) throws -> ClosedRange<UInt64>? {
    let head = try source.read(at: offset, count: frameBytes)
    guard head.count == frameBytes else { return nil }
    let length = Int(clamping: head[...].littleEndian(UInt64.self, at: 1))
    guard length <= MCAPLimits.recordBytesMax else { return nil }
    let record = try source.read(at: offset, count: frameBytes + length)
    var reader = FieldReader(record.dropFirst(frameBytes), recordOffset: offset)
    let expander = ChunkExpander(recordBytesMax: MCAPLimits.recordBytesMax)
    guard let chunk = try? Chunk(&reader), let records = try? expander.expand(chunk, at: offset) else {
      return nil
    }
    return Self.messageTimes(records)
  }

  private static func messageTimes(_ records: ArraySlice<UInt8>) -> ClosedRange<UInt64>? {
    var times: ClosedRange<UInt64>?
    var walk = RecordWalk(records)
    while let frame = walk.next() {
      guard frame.opcode == Opcode.message, frame.body.count >= messageHeadBytes else { continue }
      let time = records.littleEndian(UInt64.self, at: frame.body.lowerBound + 6)
      times = joined(times, time...time)
    }
    return times
  }
}
