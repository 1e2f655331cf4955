import AcqCore
import MCAP
import Testing

/// Records as the conformance suite writes them: fields by name, numbers as text.
enum ConformanceJSON {
  /// Nil for the kinds that the suite leaves out.
  static func json(_ record: Record) -> JSON? {
    switch record {
    case .header(let value):
      return make("Header", [("library", .string(value.library)), ("profile", .string(value.profile))])
    case .footer(let value):
      return make(
        "Footer",
        [
          ("summary_crc", text(value.summaryCRC)), ("summary_offset_start", text(value.summaryOffsetStart)),
          ("summary_start", text(value.summaryStart)),
        ])
    case .schema(let value):
      return make(
        "Schema",
        [
          ("data", array(value.data[...])), ("encoding", .string(value.encoding)), ("id", text(value.id)),
          ("name", .string(value.name)),
        ])
    case .channel(let value):
      return make(
        "Channel",
        [
          ("id", text(value.id)), ("message_encoding", .string(value.messageEncoding)),
          ("metadata", map(value.metadata)), ("schema_id", text(value.schemaID)),
          ("topic", .string(value.topic)),
        ])
    case .message(let value):
      return make(
        "Message",
        [
          ("channel_id", text(value.channelID)), ("data", array(value.data)),
          ("log_time", text(value.logTimeNs)), ("publish_time", text(value.publishTimeNs)),
          ("sequence", text(value.sequence)),
        ])
    case .attachment(let value):
      return make(
        "Attachment",
        [
          ("create_time", text(value.createTimeNs)), ("data", array(value.data)),
          ("log_time", text(value.logTimeNs)), ("media_type", .string(value.mediaType)),
          ("name", .string(value.name)),
        ])
    case .metadata(let value):
      return make("Metadata", [("metadata", map(value.fields)), ("name", .string(value.name))])
    case .dataEnd(let value):
      return make("DataEnd", [("data_section_crc", text(value.dataSectionCRC))])
    case .summaryOffset, .statistics, .chunkIndex, .attachmentIndex, .metadataIndex:
      return summaryJSON(record)
    case .chunk, .messageIndex, .unknown: return nil
    }
  }

  private static func summaryJSON(_ record: Record) -> JSON? {
    switch record {
    case .summaryOffset(let value):
      return make(
        "SummaryOffset",
        [
          ("group_length", text(value.groupLength)), ("group_opcode", text(value.groupOpcode)),
          ("group_start", text(value.groupStart)),
        ])
    case .statistics(let value):
      let counts = value.channelMessageCounts.map { JSON.Member("\($0.channelID)", text($0.count)) }
      return make(
        "Statistics",
        [
          ("attachment_count", text(value.attachmentCount)), ("channel_count", text(value.channelCount)),
          ("channel_message_counts", .object(counts)), ("chunk_count", text(value.chunkCount)),
          ("message_count", text(value.messageCount)), ("message_end_time", text(value.endNs)),
          ("message_start_time", text(value.startNs)), ("metadata_count", text(value.metadataCount)),
          ("schema_count", text(value.schemaCount)),
        ])
    case .chunkIndex(let value):
      let offsets = value.messageIndexOffsets.map { JSON.Member("\($0.channelID)", text($0.offset)) }
      return make(
        "ChunkIndex",
        [
          ("chunk_length", text(value.chunkLength)), ("chunk_start_offset", text(value.chunkOffset)),
          ("compressed_size", text(value.compressedSize)), ("compression", .string(value.compression)),
          ("message_end_time", text(value.endNs)), ("message_index_length", text(value.messageIndexLength)),
          ("message_index_offsets", .object(offsets)), ("message_start_time", text(value.startNs)),
          ("uncompressed_size", text(value.uncompressedSize)),
        ])
    case .attachmentIndex(let value):
      return make(
        "AttachmentIndex",
        [
          ("create_time", text(value.createTimeNs)), ("data_size", text(value.dataSize)),
          ("length", text(value.length)), ("log_time", text(value.logTimeNs)),
          ("media_type", .string(value.mediaType)), ("name", .string(value.name)),
          ("offset", text(value.offset)),
        ])
    case .metadataIndex(let value):
      return make(
        "MetadataIndex",
        [("length", text(value.length)), ("name", .string(value.name)), ("offset", text(value.offset))])
    default: return nil
    }
  }

  /// The record that `json` says, for those that a writer is given.
  static func record(_ json: JSON) throws -> Record? {
    func string(_ name: String) throws -> String { try #require(field(json, name)?.string) }
    func number<Value: FixedWidthInteger>(_ name: String) throws -> Value {
      try #require(Value(try string(name)))
    }
    func bytes(_ name: String) throws -> [UInt8] {
      try #require(field(json, name)?.array).map { try #require(UInt8($0.string ?? "")) }
    }
    func fields(_ name: String) throws -> [MetadataField] {
      try #require(field(json, name)?.object).map {
        MetadataField(key: $0.name, value: $0.value.string ?? "")
      }
    }
    switch json["type"]?.string {
    case "Schema":
      return .schema(
        Schema(
          id: try number("id"), name: try string("name"), encoding: try string("encoding"),
          data: try bytes("data")))
    case "Channel":
      return .channel(
        Channel(
          id: try number("id"), schemaID: try number("schema_id"), topic: try string("topic"),
          messageEncoding: try string("message_encoding"), metadata: try fields("metadata")))
    case "Message":
      return .message(
        Message(
          channelID: try number("channel_id"), sequence: try number("sequence"),
          logTimeNs: try number("log_time"), publishTimeNs: try number("publish_time"),
          data: try bytes("data")[...]))
    case "Attachment":
      return .attachment(
        Attachment(
          logTimeNs: try number("log_time"), createTimeNs: try number("create_time"),
          name: try string("name"), mediaType: try string("media_type"), data: try bytes("data")[...]))
    case "Metadata":
      return .metadata(Metadata(name: try string("name"), fields: try fields("metadata")))
    default: return nil
    }
  }

  private static func field(_ json: JSON, _ name: String) -> JSON? {
    json["fields"]?.array?.first { $0[0]?.string == name }?[1]
  }

  private static func text(_ value: some BinaryInteger) -> JSON { .string(String(value)) }
  private static func array(_ bytes: ArraySlice<UInt8>) -> JSON { .array(bytes.map { text($0) }) }
  private static func map(_ fields: [MetadataField]) -> JSON {
    .object(fields.map { JSON.Member($0.key, .string($0.value)) })
  }
  private static func make(_ type: String, _ fields: [(String, JSON)]) -> JSON {
    .members([
      "type": .string(type), "fields": .array(fields.map { .array([.string($0.0), $0.1]) }),
    ])
  }
}
