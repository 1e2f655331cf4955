/// One entry of a map from text to text, in file order.
public struct MetadataField: Hashable, Sendable {
  /// Its name.
  public let key: String
  /// Its value.
  public let value: String

  /// An entry.
  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// The first record (MCAP specification, Header op=0x01).
public struct Header: Hashable, Sendable {
  /// The profile the recording follows, or empty.
  public let profile: String
  /// The program that wrote it.
  public let library: String

  /// A header.
  public init(profile: String, library: String) {
    self.profile = profile
    self.library = library
  }
}

/// The last record (Footer op=0x02). Zero means "absent" in every field.
public struct Footer: Hashable, Sendable {
  /// Offset of the summary section.
  public let summaryStart: UInt64
  /// Offset of the summary offset section.
  public let summaryOffsetStart: UInt64
  /// CRC-32 from the summary section to this field.
  public let summaryCRC: UInt32
}

/// How the messages of channels are to be read (Schema op=0x03).
public final class Schema: Sendable, Equatable {
  /// Not zero.
  public let id: UInt16
  /// The type's name, e.g. `evlog.Imu`.
  public let name: String
  /// Format of `data`, e.g. `protobuf`.
  public let encoding: String
  /// The schema itself.
  public let data: [UInt8]

  /// A schema.
  public init(id: UInt16, name: String, encoding: String, data: [UInt8]) {
    self.id = id
    self.name = name
    self.encoding = encoding
    self.data = data
  }

  /// Equal in every field.
  public static func == (a: Schema, b: Schema) -> Bool {
    a === b || (a.id == b.id && a.name == b.name && a.encoding == b.encoding && a.data == b.data)
  }
}

/// A stream of messages on one topic (Channel op=0x04).
public final class Channel: Sendable, Equatable {
  /// Names the channel in this recording only.
  public let id: UInt16
  /// Zero: no schema.
  public let schemaID: UInt16
  /// Its topic.
  public let topic: String
  /// Format of its messages, e.g. `protobuf`.
  public let messageEncoding: String
  /// Facts about it.
  public let metadata: [MetadataField]

  /// A channel.
  public init(
    id: UInt16, schemaID: UInt16, topic: String, messageEncoding: String, metadata: [MetadataField] = []
  ) {
    self.id = id
    self.schemaID = schemaID
    self.topic = topic
    self.messageEncoding = messageEncoding
    self.metadata = metadata
  }

  /// Equal in every field.
  public static func == (a: Channel, b: Channel) -> Bool {
    a === b
      || (a.id == b.id && a.schemaID == b.schemaID && a.topic == b.topic
        && a.messageEncoding == b.messageEncoding && a.metadata == b.metadata)
  }
}

/// One message (Message op=0x05).
public struct Message: Hashable, Sendable {
  /// Its channel.
  public let channelID: UInt16
  /// The publisher's count, or zero.
  public let sequence: UInt32
  /// When it was recorded, in nanoseconds; since 1970 unless the recorder had no clock.
  public let logTimeNs: UInt64
  /// When it was published.
  public let publishTimeNs: UInt64
  /// Its bytes: a view of the buffer that was read.
  public let data: ArraySlice<UInt8>

  /// A message.
  public init(
    channelID: UInt16, sequence: UInt32, logTimeNs: UInt64, publishTimeNs: UInt64, data: ArraySlice<UInt8>
  ) {
    self.channelID = channelID
    self.sequence = sequence
    self.logTimeNs = logTimeNs
    self.publishTimeNs = publishTimeNs
    self.data = data
  }
}

/// A batch of schemas, channels and messages (Chunk op=0x06).
public struct Chunk: Hashable, Sendable {
  /// Least log time inside; zero also when there is no message.
  public let startNs: UInt64
  /// Greatest log time inside; zero also when there is no message.
  public let endNs: UInt64
  /// Size of the records once unpacked; 2^64-1 while the writer is still in it.
  public let uncompressedSize: UInt64
  /// CRC-32 of the unpacked records; zero: not computed.
  public let uncompressedCRC: UInt32
  /// `lz4`, `zstd` or empty.
  public let compression: String
  /// The packed records.
  public let records: ArraySlice<UInt8>
}

/// Where a channel's messages are in a chunk (MessageIndex op=0x07).
public struct MessageIndex: Hashable, Sendable {
  /// One message.
  public struct Entry: Hashable, Sendable {
    /// Its log time.
    public let logTimeNs: UInt64
    /// Its offset in the unpacked chunk.
    public let offset: UInt64
  }
  /// The channel.
  public let channelID: UInt16
  /// Its messages.
  public let entries: [Entry]
}

/// Where a chunk is (ChunkIndex op=0x08).
public struct ChunkIndex: Hashable, Sendable {
  /// Where a channel's message index is.
  public struct IndexOffset: Hashable, Sendable {
    /// The channel.
    public let channelID: UInt16
    /// Offset of its index in the recording.
    public let offset: UInt64
  }
  /// Least log time.
  public let startNs: UInt64
  /// Greatest log time.
  public let endNs: UInt64
  /// Offset of the chunk record.
  public let chunkOffset: UInt64
  /// Bytes of the chunk record with opcode and length.
  public let chunkLength: UInt64
  /// Message indexes by channel.
  public let messageIndexOffsets: [IndexOffset]
  /// Bytes of all message indexes.
  public let messageIndexLength: UInt64
  /// As in the chunk.
  public let compression: String
  /// Size of the packed records.
  public let compressedSize: UInt64
  /// Size of the unpacked records.
  public let uncompressedSize: UInt64
}

/// A file inside the recording (Attachment op=0x09).
public struct Attachment: Hashable, Sendable {
  /// When it was attached.
  public let logTimeNs: UInt64
  /// When it was made, or zero.
  public let createTimeNs: UInt64
  /// Its name.
  public let name: String
  /// Its media type.
  public let mediaType: String
  /// Its bytes.
  public let data: ArraySlice<UInt8>
  /// CRC-32 of the fields before it; zero: not computed.
  public let crc: UInt32

  /// An attachment to write; the writer computes its checksum.
  public init(
    logTimeNs: UInt64, createTimeNs: UInt64, name: String, mediaType: String, data: ArraySlice<UInt8>
  ) {
    self.init(
      logTimeNs: logTimeNs, createTimeNs: createTimeNs, name: name, mediaType: mediaType, data: data, crc: 0)
  }

  init(
    logTimeNs: UInt64, createTimeNs: UInt64, name: String, mediaType: String, data: ArraySlice<UInt8>,
    crc: UInt32
  ) {
    self.logTimeNs = logTimeNs
    self.createTimeNs = createTimeNs
    self.name = name
    self.mediaType = mediaType
    self.data = data
    self.crc = crc
  }
}

/// Where an attachment is (AttachmentIndex op=0x0A).
public struct AttachmentIndex: Hashable, Sendable {
  /// Offset of the attachment record.
  public let offset: UInt64
  /// Bytes of the record with opcode and length.
  public let length: UInt64
  /// When it was attached.
  public let logTimeNs: UInt64
  /// When it was made, or zero.
  public let createTimeNs: UInt64
  /// Size of its data.
  public let dataSize: UInt64
  /// Its name.
  public let name: String
  /// Its media type.
  public let mediaType: String
}

/// Counts over the whole recording (Statistics op=0x0B).
public struct Statistics: Hashable, Sendable {
  /// Messages of one channel.
  public struct ChannelCount: Hashable, Sendable {
    /// The channel.
    public let channelID: UInt16
    /// Its messages.
    public let count: UInt64
  }
  /// All messages.
  public let messageCount: UInt64
  /// Distinct schemas.
  public let schemaCount: UInt16
  /// Distinct channels.
  public let channelCount: UInt32
  /// Attachments.
  public let attachmentCount: UInt32
  /// Metadata records.
  public let metadataCount: UInt32
  /// Chunks.
  public let chunkCount: UInt32
  /// Least log time; zero without messages.
  public let startNs: UInt64
  /// Greatest log time; zero without messages.
  public let endNs: UInt64
  /// Messages by channel.
  public let channelMessageCounts: [ChannelCount]
}

/// Named facts about the recording (Metadata op=0x0C).
public struct Metadata: Hashable, Sendable {
  /// Its name, e.g. `setup`.
  public let name: String
  /// Its entries.
  public let fields: [MetadataField]

  /// A metadata record.
  public init(name: String, fields: [MetadataField]) {
    self.name = name
    self.fields = fields
  }
}

/// Where a metadata record is (MetadataIndex op=0x0D).
public struct MetadataIndex: Hashable, Sendable {
  /// Offset of the record.
  public let offset: UInt64
  /// Bytes of the record with opcode and length.
  public let length: UInt64
  /// Its name.
  public let name: String
}

/// Where the summary records of one kind are (SummaryOffset op=0x0E).
public struct SummaryOffset: Hashable, Sendable {
  /// Their opcode.
  public let groupOpcode: UInt8
  /// Offset of the first.
  public let groupStart: UInt64
  /// Bytes of all.
  public let groupLength: UInt64
}

/// The end of the data section (DataEnd op=0x0F).
public struct DataEnd: Hashable, Sendable {
  /// CRC-32 of everything before this record; zero: not computed.
  public let dataSectionCRC: UInt32
}
