import AcqCompression
public import AcqCore

/// Writes a recording. Not to be copied; after an error nothing more can be written.
///
/// Unless `finish()` is called, the recording is cut off: its chunks so far can be read.
public struct MCAPWriter<Sink: ByteSink> {
  /// How to write.
  public struct Options: Sendable {
    /// The profile of the header.
    public var profile = ""
    /// The program that writes, for the header.
    public var library = "acqd"
    /// Whether messages go into chunks.
    public var isChunked = true
    /// A chunk ends at the message that brings it to this size: small enough to lose little in a power cut and to
    /// read one topic fast, large enough for zstd.
    public var chunkBytes = 768 << 10
    /// How chunks are packed. Level 1 has nearly the ratio of 3 at twice the speed on telemetry.
    public var compression = ChunkCompression.zstd(level: 1)
    /// The optional records to write.
    public var parts = MCAPParts.all

    /// The defaults.
    public init() {}
  }

  private let options: Options
  private var chunk: ChunkBuilder
  private var state = WriterState()
  /// Where the bytes go.
  public private(set) var sink: Sink
  /// Bytes given to the sink.
  public private(set) var sizeBytes: UInt64 = 0
  /// CRC-32 of the bytes given to the sink since the start or since the summary began.
  private var crc: UInt32 = 0

  /// Writes magic and header to `sink`.
  public init(_ sink: Sink, options: Options = Options()) throws {
    self.options = options
    self.sink = sink
    chunk = try ChunkBuilder(options.compression, keepsIndexes: options.parts.contains(.messageIndexes))
    var bytes = magic
    bytes.append(Header(profile: options.profile, library: options.library))
    try emit(bytes)
  }

  /// Adds a schema and returns its id: 1, 2, …
  public mutating func addSchema(name: String, encoding: String, data: [UInt8]) throws -> UInt16 {
    guard let id = UInt16(exactly: state.schemas.count + 1) else {
      throw MCAPError(.limit, "more than 65535 schemas", offset: sizeBytes)
    }
    try add(Schema(id: id, name: name, encoding: encoding, data: data))
    return id
  }

  /// Adds a channel and returns its id: 0, 1, … `schemaID` 0 means no schema.
  public mutating func addChannel(
    topic: String, schemaID: UInt16, messageEncoding: String, metadata: [MetadataField] = []
  ) throws -> UInt16 {
    guard let id = UInt16(exactly: state.channels.count) else {
      throw MCAPError(.limit, "more than 65536 channels", offset: sizeBytes)
    }
    try add(
      Channel(
        id: id, schemaID: schemaID, topic: topic, messageEncoding: messageEncoding, metadata: metadata))
    return id
  }

  /// Adds a schema with an id of the caller's choice, which no other one has.
  public mutating func add(_ schema: Schema) throws {
    guard schema.id != 0, state.schemas[schema.id] == nil else {
      throw MCAPError(.malformed, "schema id \(schema.id) is zero or taken", offset: sizeBytes)
    }
    state.schemas[schema.id] = schema
    if options.isChunked { return chunk.append(schema) }
    var bytes: [UInt8] = []
    bytes.append(schema)
    try emit(bytes)
  }

  /// Adds a channel with an id of the caller's choice, which no other one has. Its schema comes first.
  public mutating func add(_ channel: Channel) throws {
    guard state.channels[channel.id] == nil, channel.schemaID == 0 || state.schemas[channel.schemaID] != nil
    else {
      throw MCAPError(
        .malformed, "channel id \(channel.id) is taken or its schema unknown", offset: sizeBytes)
    }
    state.channels[channel.id] = channel
    if options.isChunked { return chunk.append(channel) }
    var bytes: [UInt8] = []
    bytes.append(channel)
    try emit(bytes)
  }

  /// Writes a message of a channel that was added.
  public mutating func write(_ message: Message) throws {
    guard state.count(message) else {
      throw MCAPError(.malformed, "channel \(message.channelID) was not added", offset: sizeBytes)
    }
    guard options.isChunked else {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(frameBytes + messageHeadBytes + message.data.count)
      bytes.append(message)
      return try emit(bytes)
    }
    chunk.append(message)
    if chunk.records.count >= options.chunkBytes { try flush() }
  }

  /// Writes a metadata record, outside chunks.
  public mutating func addMetadata(_ metadata: Metadata) throws {
    var bytes: [UInt8] = []
    bytes.append(metadata)
    state.metadata.append(
      MetadataIndex(offset: sizeBytes, length: UInt64(bytes.count), name: metadata.name))
    try emit(bytes)
  }

  /// Writes an attachment, outside chunks.
  public mutating func addAttachment(_ attachment: Attachment) throws {
    var bytes: [UInt8] = []
    bytes.appendRecord(Opcode.attachment) { body in
      let start = body.count
      body.append(littleEndian: attachment.logTimeNs)
      body.append(littleEndian: attachment.createTimeNs)
      body.append(text: attachment.name)
      body.append(text: attachment.mediaType)
      body.append(littleEndian: UInt64(attachment.data.count))
      body.append(contentsOf: attachment.data)
      body.append(littleEndian: CRC32Fast.update(0, body[start...]))
    }
    state.attachments.append(
      AttachmentIndex(
        offset: sizeBytes, length: UInt64(bytes.count), logTimeNs: attachment.logTimeNs,
        createTimeNs: attachment.createTimeNs, dataSize: UInt64(attachment.data.count), name: attachment.name,
        mediaType: attachment.mediaType))
    try emit(bytes)
  }

  /// Ends the chunk at hand, so that what was written so far can be read from the sink.
  public mutating func flush() throws {
    guard !chunk.records.isEmpty else { return }
    let (record, packedBytes) = try chunk.chunk()
    let offset = sizeBytes
    try emit(record)
    let indexStart = sizeBytes
    var offsets: [ChunkIndex.IndexOffset] = []
    for index in chunk.indexes {
      offsets.append(ChunkIndex.IndexOffset(channelID: index.channelID, offset: sizeBytes))
      var bytes: [UInt8] = []
      bytes.append(index)
      try emit(bytes)
    }
    state.chunks.append(
      ChunkIndex(
        startNs: chunk.times.start, endNs: chunk.times.end, chunkOffset: offset,
        chunkLength: UInt64(record.count), messageIndexOffsets: offsets,
        messageIndexLength: sizeBytes - indexStart, compression: options.compression.name,
        compressedSize: UInt64(packedBytes), uncompressedSize: UInt64(chunk.records.count)))
    chunk.reset()
  }

  /// Writes the last chunk, the summary, the footer and the closing magic. Nothing may follow.
  public mutating func finish() throws {
    try flush()
    var bytes: [UInt8] = []
    bytes.appendRecord(Opcode.dataEnd) { $0.append(littleEndian: crc) }
    try emit(bytes)
    crc = 0
    let summaryStart = sizeBytes
    var (summary, offsets) = state.summary(options.parts, at: summaryStart)
    let offsetStart =
      options.parts.contains(.summaryOffsets) && !offsets.isEmpty
      ? summaryStart + UInt64(summary.count) : 0
    if offsetStart != 0 { for offset in offsets { summary.append(offset) } }
    let start = summary.isEmpty ? 0 : summaryStart
    summary.appendRecord(Opcode.footer) { body in
      body.append(littleEndian: start)
      body.append(littleEndian: offsetStart)
      body.append(littleEndian: UInt32(0))
    }
    // The checksum covers the summary up to its own field, the record's length included.
    let checksum = CRC32Fast.update(0, summary.dropLast(4))
    summary.removeLast(4)
    summary.append(littleEndian: checksum)
    try emit(summary + magic)
  }

  private mutating func emit(_ bytes: [UInt8]) throws {
    crc = CRC32Fast.update(crc, bytes)
    sizeBytes += UInt64(bytes.count)
    try sink.write(bytes)
  }
}
