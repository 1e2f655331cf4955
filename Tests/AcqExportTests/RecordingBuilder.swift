import AcqCore
import AcqExport
import Foundation
import MCAP
import TestSupport

/// Writes small recordings, message by message.
struct RecordingBuilder {
  private var writer: MCAPWriter<MemoryBytes>
  private var channels: [String: UInt16] = [:]
  private var sequence: UInt32 = 0

  init(chunkBytes: Int = 4_096, compression: ChunkCompression = .zstd(level: 1)) throws {
    var options = MCAPWriter<MemoryBytes>.Options()
    options.chunkBytes = chunkBytes
    options.compression = compression
    writer = try MCAPWriter(MemoryBytes(), options: options)
  }

  mutating func channel(
    _ topic: String, encoding: String, schema: (name: String, encoding: String, data: [UInt8])? = nil
  ) throws {
    var id: UInt16 = 0
    if let schema {
      id = try writer.addSchema(name: schema.name, encoding: schema.encoding, data: schema.data)
    }
    channels[topic] = try writer.addChannel(topic: topic, schemaID: id, messageEncoding: encoding)
  }

  mutating func message(_ topic: String, _ data: [UInt8], ns: UInt64) throws {
    guard let channel = channels[topic] else { throw TestSupportError("no channel \(topic)") }
    sequence += 1
    try writer.write(
      Message(channelID: channel, sequence: sequence, logTimeNs: ns, publishTimeNs: ns, data: data[...]))
  }

  mutating func json(_ topic: String, _ text: String, ns: UInt64) throws {
    if channels[topic] == nil { try channel(topic, encoding: "json") }
    try message(topic, Array(text.utf8), ns: ns)
  }

  mutating func finish() throws -> MemoryBytes {
    try writer.finish()
    return MemoryBytes(writer.sink.bytes)
  }
}

/// Writes bytes to a file of this name in a test's directory.
func save(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

/// The variable `meta` of an export.
func meta(_ bytes: [UInt8]) throws -> JSON {
  let directory = try TemporaryDirectory()
  try save(bytes, directory.path + "/run.mat")
  let text = try PythonTools.run(
    "Tests/AcqExportTests/Judges/show_meta.py", [directory.path + "/run.mat"])
  return try JSON(parsing: text)
}
