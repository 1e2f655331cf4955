import AcqCore
import Foundation
import MCAP
import TestSupport
import Testing

@Suite struct WriterTests {
  static let judge = """
    import sys, zlib
    from mcap.reader import make_reader
    from mcap.stream_reader import StreamReader
    path = sys.argv[1]
    chunked = [r for r in StreamReader(open(path, 'rb'), validate_crcs=True).records]
    reader = make_reader(open(path, 'rb'), validate_crcs=True)
    summary = reader.get_summary()
    s = summary.statistics
    print(s.message_count, s.schema_count, s.channel_count, s.attachment_count, s.metadata_count, s.chunk_count)
    print(s.message_start_time, s.message_end_time, sorted(s.channel_message_counts.items()))
    for schema, channel, message in reader.iter_messages(log_time_order=False):
      print(channel.topic, schema.name if schema else '-', message.sequence, message.log_time, zlib.crc32(message.data))
    for m in reader.iter_metadata(): print(m.name, m.metadata)
    for a in reader.iter_attachments(): print(a.name, a.media_type, a.data)
    """

  @Test(
    "PyPI's mcap reads what we write, with every checksum",
    arguments: [ChunkCompression.none, .lz4, .zstd(level: 3)])
  func readBack(compression: ChunkCompression) throws {
    let bytes = try makeRecording { $0.compression = compression }
    let directory = try TemporaryDirectory()
    let path = directory.path + "/a.mcap"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let lines = try PythonTools.run(Self.judge, [path]).split(separator: "\n").map(String.init)
    var reader = try MessageReader(MemoryBytes(bytes))
    let messages = try readAll(&reader)
    #expect(lines[0].hasPrefix("40 1 2 1 1 "))
    #expect(lines[1] == "1700000000000000000 1700000000000039000 [(0, 26), (1, 14)]")
    // The indexed reader goes by chunk and channel: the same messages, not the same order.
    let expected = messages.map { seen in
      let schema = seen.topic == "a" ? "test.A" : "-"
      return "\(seen.topic) \(schema) \(seen.sequence) \(seen.logTimeNs) \(crc(seen.data))"
    }
    #expect(lines[2..<42].sorted() == expected.sorted())
    #expect(lines[42] == "setup {'driver': 'Änne'}")
    #expect(lines[43] == "notes.txt text/plain b'hi'")
  }

  private func crc(_ bytes: [UInt8]) -> UInt32 {
    // The definition of CRC-32, bit by bit: an oracle of its own.
    ~bytes.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }

  @Test("a recording without anything is closed and has no times")
  func nothing() throws {
    var writer = try MCAPWriter(MemoryBytes())
    try writer.finish()
    let summary = try RecordingSummary.scan(writer.sink)
    #expect(!summary.isCutOff && summary.messageCount == 0 && summary.startNs == nil)
    #expect(writer.sizeBytes == writer.sink.sizeBytes)
  }

  @Test("ids that are taken, channels without schema and messages without channel are refused")
  func refusals() throws {
    var writer = try MCAPWriter(MemoryBytes())
    let schema = try writer.addSchema(name: "a", encoding: "", data: [])
    #expect(throws: MCAPError.self) { try writer.add(Schema(id: schema, name: "b", encoding: "", data: [])) }
    #expect(throws: MCAPError.self) { try writer.add(Schema(id: 0, name: "b", encoding: "", data: [])) }
    #expect(throws: MCAPError.self) {
      try writer.addChannel(topic: "t", schemaID: 9, messageEncoding: "")
    }
    #expect(throws: MCAPError.self) {
      try writer.write(Message(channelID: 3, sequence: 0, logTimeNs: 0, publishTimeNs: 0, data: []))
    }
  }
}
