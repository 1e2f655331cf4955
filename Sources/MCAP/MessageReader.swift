public import AcqCore

/// Reads every complete message of a recording in file order, from its start to its end or to where it breaks off.
///
/// Never needs the summary. A chunk that is damaged, too large or hostile is one entry of `problems` and the rest is
/// read; of a chunk that the recording breaks off in, the readable prefix is read. Memory is one window, one chunk
/// packed and unpacked, and the definitions, each capped. To be used by one thread and not copied.
public struct MessageReader {
  /// What to read.
  public struct Options {
    /// Asked once for each channel definition.
    public var isWanted: (Channel) -> Bool = { _ in true }
    /// Least log time to give.
    public var startNs: UInt64?
    /// Log time at which to stop, exclusive.
    public var endNs: UInt64?
    /// Largest record or chunk, packed or unpacked, that is read.
    public var recordBytesMax = MCAPLimits.recordBytesMax
    /// Asked before each chunk and window; true makes `next()` throw `cancelled`.
    public var isCancelled: () -> Bool = { false }

    /// Everything.
    public init() {}
  }

  /// How the recording ends.
  public enum Ending: Hashable, Sendable {
    /// Footer and closing magic are there.
    case closed
    /// The record at `offset` is not whole, or no record.
    case cutOff(offset: UInt64, reason: String)
  }

  private let options: Options
  /// Wanted log times; nil: all.
  private let range: ClosedRange<UInt64>?
  private let isRangeEmpty: Bool
  private let expander: ChunkExpander
  private var window: RecordWindow
  private var definitions = Definitions()
  private var position: UInt64 = UInt64(magic.count)
  private var hasFooter = false

  private var walk = RecordWalk([])
  private var walkOffset: UInt64 = 0
  private var isInChunk = false
  private var isSalvaged = false
  private var skippedChunks: [UInt64] = []
  private var unknownChannels: Set<UInt16> = []
  private var metadataBytes = 0
  /// When set, messages are counted here and not given.
  private var tally: MessageTally?

  /// The recording's first record, once it was read.
  public private(set) var header: Header?
  /// How the recording ends; known once `next()` gave nil.
  public private(set) var ending: Ending?
  /// Metadata records read so far, in file order.
  public private(set) var metadata: [Metadata] = []
  /// Attachments passed so far, in file order; their data is not read.
  public private(set) var attachments: [AttachmentIndex] = []
  /// The first problems met so far.
  public private(set) var problems: [MCAPError] = []
  /// All problems met so far.
  public private(set) var problemCount = 0

  /// Begins at the start of `source`. Throws `MCAPError` of kind `notMCAP` or `headLost`, and what `source` throws. A
  /// source that ends inside the magic is a cut-off recording without messages.
  public init(_ source: any ByteSource, options: Options = Options()) throws {
    self.options = options
    expander = ChunkExpander(recordBytesMax: options.recordBytesMax)
    window = RecordWindow(source)
    let first = options.startNs ?? 0
    let end = options.endNs
    isRangeEmpty = end.map { $0 <= first } ?? false
    range =
      isRangeEmpty || (options.startNs == nil && end == nil) ? nil : first...(end.map { $0 - 1 } ?? .max)
    let start = try window.load(at: 0, count: Int(min(window.sizeBytes, UInt64(magic.count)))) ?? []
    switch RecordingKind(firstBytes: start) {
    case .mcap where start.count == magic.count: break
    case .mcap, .empty: ending = .cutOff(offset: 0, reason: "the file ends inside its magic")
    case .headLost: throw MCAPError(.headLost, "the first bytes are zero", offset: 0)
    case .notMCAP(let reason): throw MCAPError(.notMCAP, reason, offset: 0)
    }
  }

  /// Bytes of the recording that have been passed: for progress.
  public var positionBytes: UInt64 { position }

  /// All channels defined so far, with their schema and the messages read of each (whether wanted or not).
  public var channels: [(channel: Channel, schema: Schema?, messageCount: UInt64)] {
    definitions.channels.map { ($0.channel, $0.schema, $0.messageCount) }
  }

  /// The next message; nil at the end. Throws what the source throws, and `cancelled`.
  public mutating func next() throws -> MessageView? {
    while true {
      if isInChunk, let view = try nextInChunk() { return view }
      guard ending == nil else { return nil }
      if let view = try step() { return view }
    }
  }
}

extension MessageReader {
  /// Reads to the end and counts the messages that `next()` would give, at a fraction of its cost.
  mutating func tallyAll() throws -> MessageTally {
    tally = MessageTally()
    while try next() != nil {}
    return tally ?? MessageTally()
  }
}

// MARK: - Records outside chunks

extension MessageReader {
  /// Deals with one record outside chunks, or with the end.
  private mutating func step() throws -> MessageView? {
    let left = window.sizeBytes - position
    guard !hasFooter else {
      try close(left)
      return nil
    }
    guard left >= UInt64(frameBytes), let head = try load(at: position, count: frameBytes) else {
      cutOff(left == 0 ? "the footer is missing" : "the file ends inside a record")
      return nil
    }
    let opcode = head[head.startIndex]
    let length = head.littleEndian(UInt64.self, at: head.startIndex + 1)
    guard opcode != 0 else {
      cutOff("no record begins here")
      return nil
    }
    guard length <= left - UInt64(frameBytes) else {
      if opcode == Opcode.chunk { try salvage(available: left - UInt64(frameBytes)) }
      cutOff(length == .max ? "a record was never finished" : "the file ends inside a record")
      return nil
    }
    let offset = position
    position += UInt64(frameBytes) + length
    return try take(opcode, length, at: offset)
  }

  private mutating func take(_ opcode: UInt8, _ length: UInt64, at offset: UInt64) throws -> MessageView? {
    switch opcode {
    case Opcode.footer: hasFooter = true
    case Opcode.attachment: try noteAttachment(length, at: offset)
    case Opcode.message, Opcode.header, Opcode.schema, Opcode.channel, Opcode.metadata, Opcode.chunk:
      guard length <= UInt64(options.recordBytesMax) else {
        note(MCAPError(.limit, "a record of \(length) bytes is larger than we read", offset: offset))
        return nil
      }
      guard let record = try load(at: offset, count: frameBytes + Int(length)) else {
        position = offset
        cutOff("the file became shorter while it was read")
        return nil
      }
      let body = record.dropFirst(frameBytes)
      if opcode == Opcode.message { return try takeMessage(body, at: offset) }
      if opcode == Opcode.chunk {
        try checkCancelled()
        openChunk(body, at: offset)
      } else {
        takeOther(opcode, body, at: offset)
      }
    default: break
    }
    return nil
  }

  private mutating func load(at offset: UInt64, count: Int) throws -> ArraySlice<UInt8>? {
    if window.needsRefill(at: offset, count: count) { try checkCancelled() }
    return try window.load(at: offset, count: count)
  }

  private func checkCancelled() throws(MCAPError) {
    if options.isCancelled() { throw MCAPError(.cancelled, "reading was stopped", offset: position) }
  }

  private mutating func close(_ left: UInt64) throws {
    guard left >= UInt64(magic.count), let tail = try load(at: position, count: magic.count),
      tail.elementsEqual(magic)
    else {
      cutOff("the closing magic is missing")
      return
    }
    position += UInt64(magic.count)
    ending = .closed
    if left > UInt64(magic.count) {
      note(MCAPError(.malformed, "\(left - UInt64(magic.count)) bytes follow the end", offset: position))
    }
  }

  private mutating func cutOff(_ reason: String) { ending = .cutOff(offset: position, reason: reason) }

  private mutating func note(_ problem: MCAPError) {
    problemCount += 1
    if problems.count < MCAPLimits.problemsMax { problems.append(problem) }
  }

  /// Header, schemas, channels and metadata.
  private mutating func takeOther(_ opcode: UInt8, _ body: ArraySlice<UInt8>, at offset: UInt64) {
    do throws(MCAPError) {
      switch opcode {
      case Opcode.schema: try definitions.addSchema(body, at: offset)
      case Opcode.channel: try definitions.addChannel(body, at: offset, isWanted: options.isWanted)
      case Opcode.metadata: try noteMetadata(body, at: offset)
      case Opcode.header:
        var reader = FieldReader(body, recordOffset: offset)
        if header == nil { header = try Header(&reader) }
      default: break
      }
    } catch {
      note(error)
    }
  }

  private mutating func noteMetadata(_ body: ArraySlice<UInt8>, at offset: UInt64) throws(MCAPError) {
    guard metadata.count < MCAPLimits.listedMax, body.count <= MCAPLimits.metadataBytesMax - metadataBytes
    else {
      throw MCAPError(.limit, "more metadata than we keep", offset: offset)
    }
    var reader = FieldReader(body, recordOffset: offset)
    metadata.append(try Metadata(&reader))
    metadataBytes += body.count
  }

  private mutating func noteAttachment(_ length: UInt64, at offset: UInt64) throws {
    let count = frameBytes + Int(min(length, UInt64(MCAPLimits.attachmentHeadBytesMax)))
    guard let head = try load(at: offset, count: count) else { return }
    do throws(MCAPError) {
      guard attachments.count < MCAPLimits.listedMax else {
        throw MCAPError(.limit, "more attachments than we list", offset: offset)
      }
      attachments.append(
        try AttachmentIndex(
          head: head.dropFirst(frameBytes), offset: offset, length: UInt64(frameBytes) + length))
    } catch {
      note(error)
    }
  }
}

// MARK: - Chunks and messages

extension MessageReader {
  private mutating func openChunk(_ body: ArraySlice<UInt8>, at offset: UInt64) {
    do throws(MCAPError) {
      var reader = FieldReader(body, recordOffset: offset)
      let chunk = try Chunk(&reader)
      if isSkippable(chunk) {
        skippedChunks.append(offset)
        return
      }
      enter(try expander.expand(chunk, at: offset), at: offset)
    } catch {
      note(error)
    }
  }

  /// Whether a chunk lies outside the wanted times. Its definitions are looked up should a later message need them.
  private func isSkippable(_ chunk: Chunk) -> Bool {
    guard !chunk.isTimeless, skippedChunks.count < MCAPLimits.skippedChunksMax else { return false }
    return isRangeEmpty || range.map { !$0.overlaps(chunk.startNs...chunk.endNs) } ?? false
  }

  /// The recording breaks off in the chunk at `position`, of whose body `available` bytes are there.
  private mutating func salvage(available: UInt64) throws {
    let count = Int(min(available, UInt64(options.recordBytesMax)))
    guard let record = try load(at: position, count: frameBytes + count) else { return }
    var reader = FieldReader(record.dropFirst(frameBytes), recordOffset: position)
    guard let chunk = try? Chunk(&reader, isBroken: true) else { return }
    enter(expander.salvage(chunk), at: position)
    isSalvaged = true
  }

  private mutating func enter(_ records: ArraySlice<UInt8>, at offset: UInt64) {
    walk = RecordWalk(records)
    walkOffset = offset
    isInChunk = true
    isSalvaged = false
  }

  private mutating func nextInChunk() throws -> MessageView? {
    while let frame = walk.next() {
      if frame.opcode == Opcode.message {
        if let view = try takeMessage(walk.bytes[frame.body], at: walkOffset) { return view }
      } else if frame.opcode == Opcode.chunk {
        note(MCAPError(.malformed, "a chunk is inside a chunk", offset: walkOffset))
      } else {
        takeOther(frame.opcode, walk.bytes[frame.body], at: walkOffset)
      }
    }
    if !walk.isAtEnd && !isSalvaged {
      note(MCAPError(.malformed, "the records of a chunk break off", offset: walkOffset))
    }
    isInChunk = false
    // Frees the unpacked bytes before the next chunk is unpacked.
    walk = RecordWalk([])
    return nil
  }

  /// A message that is wanted; nil otherwise.
  @inline(__always)
  private mutating func takeMessage(_ body: ArraySlice<UInt8>, at offset: UInt64) throws -> MessageView? {
    guard body.count >= messageHeadBytes else {
      note(MCAPError(.malformed, "a message of \(body.count) bytes", offset: offset))
      return nil
    }
    let start = body.startIndex
    let id = body.littleEndian(UInt16.self, at: start)
    var found = definitions.channel(id)
    if found == nil { found = try findChannel(id, at: offset) }
    guard let state = found else { return nil }
    state.messageCount += 1
    guard state.isWanted, !isRangeEmpty else { return nil }
    let logTimeNs = body.littleEndian(UInt64.self, at: start + 6)
    if let range, !range.contains(logTimeNs) { return nil }
    guard tally == nil else {
      tally?.add(logTimeNs)
      return nil
    }
    return MessageView(
      channel: state.channel, schema: state.schema,
      sequence: body.littleEndian(UInt32.self, at: start + 2), logTimeNs: logTimeNs,
      publishTimeNs: body.littleEndian(UInt64.self, at: start + 14), data: body[(start + messageHeadBytes)...]
    )
  }

  /// Looks for a channel in the chunks that were skipped; a channel that is nowhere is told once.
  private mutating func findChannel(_ id: UInt16, at offset: UInt64) throws -> ChannelState? {
    let skipped = skippedChunks
    skippedChunks = []
    for chunkOffset in skipped { try readDefinitions(ofChunkAt: chunkOffset) }
    if let state = definitions.channel(id) { return state }
    if unknownChannels.insert(id).inserted {
      note(MCAPError(.malformed, "messages of unknown channel \(id)", offset: offset))
    }
    return nil
  }

  private mutating func readDefinitions(ofChunkAt offset: UInt64) throws {
    guard let head = try load(at: offset, count: frameBytes) else { return }
    let length = Int(clamping: head.littleEndian(UInt64.self, at: head.startIndex + 1))
    guard length <= options.recordBytesMax, let record = try load(at: offset, count: frameBytes + length)
    else { return }
    var reader = FieldReader(record.dropFirst(frameBytes), recordOffset: offset)
    do throws(MCAPError) {
      var walk = RecordWalk(try expander.expand(try Chunk(&reader), at: offset))
      while let frame = walk.next() {
        if frame.opcode == Opcode.message { continue }
        takeOther(frame.opcode, walk.bytes[frame.body], at: offset)
      }
    } catch {
      note(error)
    }
  }
}
