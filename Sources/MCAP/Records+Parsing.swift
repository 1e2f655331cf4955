extension Header {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    profile = try reader.text("profile")
    library = try reader.text("library")
  }
}

extension Footer {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    summaryStart = try reader.integer(UInt64.self, "summary_start")
    summaryOffsetStart = try reader.integer(UInt64.self, "summary_offset_start")
    summaryCRC = try reader.integer(UInt32.self, "summary_crc")
  }
}

extension Schema {
  convenience init(_ reader: inout FieldReader) throws(MCAPError) {
    let id = try reader.integer(UInt16.self, "id")
    let name = try reader.text("name")
    let encoding = try reader.text("encoding")
    self.init(id: id, name: name, encoding: encoding, data: Array(try reader.shortBytes("data")))
  }
}

extension Channel {
  convenience init(_ reader: inout FieldReader) throws(MCAPError) {
    let id = try reader.integer(UInt16.self, "id")
    let schemaID = try reader.integer(UInt16.self, "schema_id")
    let topic = try reader.text("topic")
    let encoding = try reader.text("message_encoding")
    self.init(
      id: id, schemaID: schemaID, topic: topic, messageEncoding: encoding,
      metadata: try reader.textMap("metadata"))
  }
}

extension Message {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    channelID = try reader.integer(UInt16.self, "channel_id")
    sequence = try reader.integer(UInt32.self, "sequence")
    logTimeNs = try reader.integer(UInt64.self, "log_time")
    publishTimeNs = try reader.integer(UInt64.self, "publish_time")
    data = try reader.slice(UInt64(reader.remaining), "data")
  }
}

extension Chunk {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    try self.init(&reader, isBroken: false)
  }

  /// Of a broken chunk, `records` is whatever there is of them.
  init(_ reader: inout FieldReader, isBroken: Bool) throws(MCAPError) {
    startNs = try reader.integer(UInt64.self, "message_start_time")
    endNs = try reader.integer(UInt64.self, "message_end_time")
    uncompressedSize = try reader.integer(UInt64.self, "uncompressed_size")
    uncompressedCRC = try reader.integer(UInt32.self, "uncompressed_crc")
    compression = try reader.text("compression")
    let size = try reader.integer(UInt64.self, "records")
    records = try reader.slice(isBroken ? min(size, UInt64(reader.remaining)) : size, "records")
  }

  /// Whether the header says nothing about the times inside: no messages, or messages of 1970.
  var isTimeless: Bool { (startNs == 0 && endNs == 0) || startNs > endNs }
}

extension MessageIndex {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    channelID = try reader.integer(UInt16.self, "channel_id")
    var array = try reader.nested("records")
    var entries: [Entry] = []
    entries.reserveCapacity(array.remaining / 16)
    while array.remaining > 0 {
      let time = try array.integer(UInt64.self, "log_time")
      entries.append(Entry(logTimeNs: time, offset: try array.integer(UInt64.self, "offset")))
    }
    self.entries = entries
  }
}

extension ChunkIndex {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    startNs = try reader.integer(UInt64.self, "message_start_time")
    endNs = try reader.integer(UInt64.self, "message_end_time")
    chunkOffset = try reader.integer(UInt64.self, "chunk_start_offset")
    chunkLength = try reader.integer(UInt64.self, "chunk_length")
    var map = try reader.nested("message_index_offsets")
    var offsets: [IndexOffset] = []
    while map.remaining > 0 {
      let id = try map.integer(UInt16.self, "channel_id")
      offsets.append(IndexOffset(channelID: id, offset: try map.integer(UInt64.self, "offset")))
    }
    messageIndexOffsets = offsets
    messageIndexLength = try reader.integer(UInt64.self, "message_index_length")
    compression = try reader.text("compression")
    compressedSize = try reader.integer(UInt64.self, "compressed_size")
    uncompressedSize = try reader.integer(UInt64.self, "uncompressed_size")
  }
}

extension Attachment {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    logTimeNs = try reader.integer(UInt64.self, "log_time")
    createTimeNs = try reader.integer(UInt64.self, "create_time")
    name = try reader.text("name")
    mediaType = try reader.text("media_type")
    data = try reader.longBytes("data")
    crc = try reader.integer(UInt32.self, "crc")
  }
}

extension AttachmentIndex {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    offset = try reader.integer(UInt64.self, "offset")
    length = try reader.integer(UInt64.self, "length")
    logTimeNs = try reader.integer(UInt64.self, "log_time")
    createTimeNs = try reader.integer(UInt64.self, "create_time")
    dataSize = try reader.integer(UInt64.self, "data_size")
    name = try reader.text("name")
    mediaType = try reader.text("media_type")
  }

  /// From the head of the attachment record at `offset`, of whose data only the size is read.
  init(head: ArraySlice<UInt8>, offset: UInt64, length: UInt64) throws(MCAPError) {
    var reader = FieldReader(head, recordOffset: offset)
    self.offset = offset
    self.length = length
    logTimeNs = try reader.integer(UInt64.self, "log_time")
    createTimeNs = try reader.integer(UInt64.self, "create_time")
    name = try reader.text("name")
    mediaType = try reader.text("media_type")
    dataSize = try reader.integer(UInt64.self, "data")
  }
}

extension Statistics {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    messageCount = try reader.integer(UInt64.self, "message_count")
    schemaCount = try reader.integer(UInt16.self, "schema_count")
    channelCount = try reader.integer(UInt32.self, "channel_count")
    attachmentCount = try reader.integer(UInt32.self, "attachment_count")
    metadataCount = try reader.integer(UInt32.self, "metadata_count")
    chunkCount = try reader.integer(UInt32.self, "chunk_count")
    startNs = try reader.integer(UInt64.self, "message_start_time")
    endNs = try reader.integer(UInt64.self, "message_end_time")
    var map = try reader.nested("channel_message_counts")
    var counts: [ChannelCount] = []
    while map.remaining > 0 {
      let id = try map.integer(UInt16.self, "channel_id")
      counts.append(ChannelCount(channelID: id, count: try map.integer(UInt64.self, "count")))
    }
    channelMessageCounts = counts
  }
}

extension Metadata {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    name = try reader.text("name")
    fields = try reader.textMap("metadata")
  }
}

extension MetadataIndex {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    offset = try reader.integer(UInt64.self, "offset")
    length = try reader.integer(UInt64.self, "length")
    name = try reader.text("name")
  }
}

extension SummaryOffset {
  init(_ reader: inout FieldReader) throws(MCAPError) {
    groupOpcode = try reader.integer(UInt8.self, "group_opcode")
    groupStart = try reader.integer(UInt64.self, "group_start")
    groupLength = try reader.integer(UInt64.self, "group_length")
  }
}
