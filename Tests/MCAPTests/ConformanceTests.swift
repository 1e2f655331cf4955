import AcqCore
import MCAP
import TestSupport
import Testing

@Suite(.needsShared) struct ConformanceTests {
  struct Case {
    let name: String
    let bytes: MemoryBytes
    let records: [JSON]
    let features: Set<String>
  }

  func cases() throws -> [Case] {
    try paths(under: SharedData.conformance, suffix: ".json").map { path in
      let json = try JSON(parsing: try readFile(path).bytes)
      let features = json["meta"]?["variant"]?["features"]?.array ?? []
      return Case(
        name: path, bytes: try readFile(path.dropLast(5) + ".mcap"), records: json["records"]?.array ?? [],
        features: Set(features.compactMap(\.string)))
    }
  }

  @Test("the push stream reads each case to exactly the records that it says, in pieces of any size")
  func streamed() throws {
    let cases = try cases()
    #expect(cases.count == 254)
    for item in cases {
      for pieceBytes in [7, 1 << 20] {
        var stream = RecordStream(expandsChunks: true)
        var got: [JSON] = []
        var offset = 0
        while offset < item.bytes.bytes.count {
          let end = min(offset + pieceBytes, item.bytes.bytes.count)
          stream.append(item.bytes.bytes[offset..<end])
          offset = end
          while let record = try stream.next() {
            if let json = ConformanceJSON.json(record) { got.append(json) }
          }
        }
        #expect(stream.phase == .closed)
        #expect(got == item.records, "\(item.name)")
      }
    }
  }

  @Test("the message reader gives each case's messages, closed and without problems")
  func messages() throws {
    for item in try cases() {
      var reader = try MessageReader(item.bytes)
      var got: [JSON] = []
      while let view = try reader.next() {
        let message = Message(
          channelID: view.channel.id, sequence: view.sequence, logTimeNs: view.logTimeNs,
          publishTimeNs: view.publishTimeNs, data: view.data)
        if let json = ConformanceJSON.json(.message(message)) { got.append(json) }
        #expect(view.schema?.id ?? 0 == view.channel.schemaID)
      }
      #expect(got == item.records.filter { $0["type"]?.string == "Message" }, "\(item.name)")
      #expect(reader.ending == .closed)
      #expect(reader.problems == [], "\(item.name)")
      let expected = item.records.filter { $0["type"]?.string == "Metadata" }.count
      #expect(reader.metadata.count == expected)
      #expect(reader.attachments.count == item.records.filter { $0["type"]?.string == "Attachment" }.count)
    }
  }

  @Test("the writer makes exactly the bytes of each case without extra data")
  func written() throws {
    var writtenCount = 0
    for item in try cases() where !item.features.contains("pad") {
      var options = MCAPWriter<MemoryBytes>.Options()
      options.library = ""
      options.isChunked = item.features.contains("ch")
      options.compression = .none
      options.parts = MCAPParts(item.features)
      var writer = try MCAPWriter(MemoryBytes(), options: options)
      let isDataEnd = { (json: JSON) in json["type"]?.string == "DataEnd" }
      for json in item.records.prefix(while: { !isDataEnd($0) }) {
        switch try ConformanceJSON.record(json) {
        case .schema(let schema): try writer.add(schema)
        case .channel(let channel): try writer.add(channel)
        case .message(let message): try writer.write(message)
        case .metadata(let metadata): try writer.addMetadata(metadata)
        case .attachment(let attachment): try writer.addAttachment(attachment)
        default: break
        }
      }
      try writer.finish()
      #expect(writer.sink.bytes == item.bytes.bytes, "\(item.name)")
      writtenCount += 1
    }
    #expect(writtenCount > 100)
  }
}

extension MCAPParts {
  /// The parts that a conformance case's features name.
  init(_ features: Set<String>) {
    let names: [(String, MCAPParts)] = [
      ("mx", .messageIndexes), ("rsh", .repeatedSchemas), ("rch", .repeatedChannels), ("st", .statistics),
      ("chx", .chunkIndexes), ("ax", .attachmentIndexes), ("mdx", .metadataIndexes), ("sum", .summaryOffsets),
    ]
    self = MCAPParts(names.filter { features.contains($0.0) }.map(\.1))
  }
}
