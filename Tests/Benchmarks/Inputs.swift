import AcqCore
import AcqSystem
import MCAP

/// Recordings for benchmarks: a few topics of JSON and opaque messages, the same bytes each time.
enum Inputs {
  private static let messageBytes = 180

  /// Writes an unchunked recording of about `aboutBytes`; its size.
  static func unchunked(_ path: String, aboutBytes: Int) throws -> Int {
    var options = MCAPWriter<FileSink>.Options()
    options.isChunked = false
    return try write(path, aboutBytes: aboutBytes, options)
  }

  /// Writes a zstd recording with about `aboutBytes` of messages; its size.
  static func chunked(_ path: String, aboutBytes: Int) throws -> Int {
    try write(path, aboutBytes: aboutBytes, MCAPWriter<FileSink>.Options())
  }

  private static func write(_ path: String, aboutBytes: Int, _ options: MCAPWriter<FileSink>.Options) throws
    -> Int
  {
    var writer = try MCAPWriter(try FileSink(creating: path), options: options)
    let schema = try writer.addSchema(name: "Sample", encoding: "jsonschema", data: Array("{}".utf8))
    let channels = try (0..<8).map { index -> UInt16 in
      try writer.addChannel(topic: "topic\(index)", schemaID: schema, messageEncoding: "json")
    }
    var random = SeededRandom(seed: 7)
    for number in 0..<max(1, aboutBytes / messageBytes) {
      let value = Double(number % 4_096) / 4_096
      let text = #"{"a":\#(value),"b":\#(random.next() % 1_000),"c":[1,2,3],"t":\#(number)}"#
      try writer.write(
        Message(
          channelID: channels[number % channels.count], sequence: UInt32(truncatingIfNeeded: number),
          logTimeNs: UInt64(number) * 100_000, publishTimeNs: UInt64(number) * 100_000,
          data: Array((text + String(repeating: " ", count: 60)).utf8)[...]))
    }
    try writer.finish()
    try writer.sink.sync()
    return Int(writer.sink.sizeBytes)
  }
}
