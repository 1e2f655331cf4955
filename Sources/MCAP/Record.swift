/// Any record of a recording.
public enum Record: Equatable, Sendable {
  /// Op 0x01.
  case header(Header)
  /// Op 0x02.
  case footer(Footer)
  /// Op 0x03.
  case schema(Schema)
  /// Op 0x04.
  case channel(Channel)
  /// Op 0x05.
  case message(Message)
  /// Op 0x06.
  case chunk(Chunk)
  /// Op 0x07.
  case messageIndex(MessageIndex)
  /// Op 0x08.
  case chunkIndex(ChunkIndex)
  /// Op 0x09.
  case attachment(Attachment)
  /// Op 0x0A.
  case attachmentIndex(AttachmentIndex)
  /// Op 0x0B.
  case statistics(Statistics)
  /// Op 0x0C.
  case metadata(Metadata)
  /// Op 0x0D.
  case metadataIndex(MetadataIndex)
  /// Op 0x0E.
  case summaryOffset(SummaryOffset)
  /// Op 0x0F.
  case dataEnd(DataEnd)
  /// An opcode that the specification does not name, or leaves to applications (0x80 and up).
  case unknown(opcode: UInt8, body: ArraySlice<UInt8>)

  /// Parses a record's body. Bytes after the last known field are ignored, as the specification asks.
  init(opcode: UInt8, body: ArraySlice<UInt8>, at offset: UInt64) throws(MCAPError) {
    var reader = FieldReader(body, recordOffset: offset)
    switch opcode {
    case Opcode.header: self = .header(try Header(&reader))
    case Opcode.footer: self = .footer(try Footer(&reader))
    case Opcode.schema: self = .schema(try Schema(&reader))
    case Opcode.channel: self = .channel(try Channel(&reader))
    case Opcode.message: self = .message(try Message(&reader))
    case Opcode.chunk: self = .chunk(try Chunk(&reader))
    case Opcode.messageIndex: self = .messageIndex(try MessageIndex(&reader))
    case Opcode.chunkIndex: self = .chunkIndex(try ChunkIndex(&reader))
    case Opcode.attachment: self = .attachment(try Attachment(&reader))
    case Opcode.attachmentIndex: self = .attachmentIndex(try AttachmentIndex(&reader))
    case Opcode.statistics: self = .statistics(try Statistics(&reader))
    case Opcode.metadata: self = .metadata(try Metadata(&reader))
    case Opcode.metadataIndex: self = .metadataIndex(try MetadataIndex(&reader))
    case Opcode.summaryOffset: self = .summaryOffset(try SummaryOffset(&reader))
    case Opcode.dataEnd: self = .dataEnd(DataEnd(dataSectionCRC: try reader.integer(UInt32.self, "crc")))
    case 0: throw reader.malformed("opcode 0 is no record")
    default: self = .unknown(opcode: opcode, body: body)
    }
  }
}
