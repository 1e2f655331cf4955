import AcqCore
import Foundation
import MCAP
import TestSupport
import Testing

func readFile(_ path: String) throws -> MemoryBytes {
  MemoryBytes(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
}

/// Paths of the files under `root` whose names end in `suffix`, sorted.
func paths(under root: String?, suffix: String) throws -> [String] {
  let root = try #require(root)
  let found = try #require(FileManager.default.enumerator(atPath: root))
  return found.compactMap { $0 as? String }.filter { $0.hasSuffix(suffix) }.sorted().map { root + "/" + $0 }
}

/// A message as tests compare it.
struct Seen: Hashable {
  let topic: String
  let sequence: UInt32
  let logTimeNs: UInt64
  let publishTimeNs: UInt64
  let data: [UInt8]

  init(_ view: MessageView) {
    topic = view.channel.topic
    sequence = view.sequence
    logTimeNs = view.logTimeNs
    publishTimeNs = view.publishTimeNs
    data = Array(view.data)
  }
}

func readAll(_ reader: inout MessageReader) throws -> [Seen] {
  var messages: [Seen] = []
  while let view = try reader.next() { messages.append(Seen(view)) }
  return messages
}

func probe(_ source: MemoryBytes, pieceBytes: Int) throws -> RecordingProbe.Result {
  var probe = RecordingProbe()
  var offset = 0
  while offset < source.bytes.count {
    let end = min(offset + pieceBytes, source.bytes.count)
    probe.append(source.bytes[offset..<end])
    offset = end
  }
  return try probe.finish(reading: source)
}

/// A small recording: two topics, metadata, an attachment, several chunks when chunked.
func makeRecording(
  messageCount: Int = 40, startNs: UInt64 = 1_700_000_000_000_000_000, isFinished: Bool = true,
  _ change: (inout MCAPWriter<MemoryBytes>.Options) -> Void = { _ in }
) throws -> [UInt8] {
  var options = MCAPWriter<MemoryBytes>.Options()
  options.chunkBytes = 400
  change(&options)
  var writer = try MCAPWriter(MemoryBytes(), options: options)
  let schema = try writer.addSchema(name: "test.A", encoding: "protobuf", data: [1, 2, 3])
  let first = try writer.addChannel(topic: "a", schemaID: schema, messageEncoding: "protobuf")
  let second = try writer.addChannel(
    topic: "b", schemaID: 0, messageEncoding: "json", metadata: [MetadataField(key: "k", value: "v")])
  try writer.addMetadata(Metadata(name: "setup", fields: [MetadataField(key: "driver", value: "Änne")]))
  for index in 0..<messageCount {
    let time = startNs + UInt64(index) * 1000
    try writer.write(
      Message(
        channelID: index % 3 == 0 ? second : first, sequence: UInt32(index), logTimeNs: time,
        publishTimeNs: time - 1, data: [UInt8](repeating: UInt8(index), count: 10 + index)[...]))
  }
  try writer.addAttachment(
    Attachment(logTimeNs: 5, createTimeNs: 4, name: "notes.txt", mediaType: "text/plain", data: [104, 105]))
  if isFinished { try writer.finish() } else { try writer.flush() }
  return writer.sink.bytes
}

/// A record with its opcode and length.
func record(_ opcode: UInt8, _ body: [UInt8], length: UInt64? = nil) -> [UInt8] {
  var writer = ByteWriter()
  writer.write(opcode)
  writer.writeLittleEndian(length ?? UInt64(body.count))
  return writer.bytes + body
}

let magicBytes: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]
