import AcqCore
import MCAP
import Synchronization
import TestSupport
import Testing

@Suite struct ReaderTests {
  @Test("a time range and a topic filter give exactly the messages that they name")
  func filters() throws {
    let start: UInt64 = 1_700_000_000_000_000_000
    let source = MemoryBytes(try makeRecording())
    var whole = try MessageReader(source)
    let all = try readAll(&whole)
    for (from, to) in [(0, 40), (10, 20), (20, 20), (30, 10), (39, 1000), (-5, 1), (25, 26)] {
      for topic in ["a", "b", nil] {
        var options = MessageReader.Options()
        let bounds = (start &+ UInt64(bitPattern: Int64(from * 1000)), start + UInt64(to * 1000))
        options.startNs = bounds.0
        options.endNs = bounds.1
        if let topic { options.isWanted = { $0.topic == topic } }
        var reader = try MessageReader(source, options: options)
        let expected = all.filter {
          $0.logTimeNs >= bounds.0 && $0.logTimeNs < bounds.1 && (topic == nil || $0.topic == topic)
        }
        #expect(try readAll(&reader) == expected)
        #expect(reader.ending == .closed)
        #expect(reader.problems == [])
      }
    }
  }

  @Test("half-open ranges work, and messages of 1970 are not lost to chunks without times")
  func openRanges() throws {
    let source = MemoryBytes(try makeRecording(messageCount: 1, startNs: 1))
    for (from, to, count) in [(nil, nil, 1), (1, nil, 1), (2, nil, 0), (nil, 1, 0), (nil, 2, 1)]
      as [(UInt64?, UInt64?, Int)]
    {
      var options = MessageReader.Options()
      options.startNs = from
      options.endNs = to
      var reader = try MessageReader(source, options: options)
      #expect(try readAll(&reader).count == count)
    }
  }

  @Test("a summary lists topics, metadata and attachments, times and ending")
  func summary() throws {
    let summary = try RecordingSummary.scan(MemoryBytes(try makeRecording()))
    #expect(summary.startNs == 1_700_000_000_000_000_000)
    #expect(summary.endNs == 1_700_000_000_000_039_000)
    #expect(summary.messageCount == 40)
    #expect(summary.topics.map(\.name) == ["a", "b"])
    #expect(summary.topics.map(\.count) == [26, 14])
    #expect(summary.topics[0].schemaName == "test.A" && summary.topics[0].schemaEncoding == "protobuf")
    #expect(summary.topics[1].schemaName == "" && summary.topics[1].messageEncoding == "json")
    let fields = [MetadataField(key: "driver", value: "Änne")]
    #expect(summary.metadata == [Metadata(name: "setup", fields: fields)])
    #expect(summary.attachments.map(\.name) == ["notes.txt"])
    #expect(summary.attachments.map(\.dataSize) == [2])
    #expect(summary.library == "acqd" && !summary.isCutOff && summary.problems == [])
  }

  @Test("scanning stops when asked to")
  func cancelled() throws {
    let source = MemoryBytes(try makeRecording())
    let error = #expect(throws: MCAPError.self) { try RecordingSummary.scan(source, isCancelled: { true }) }
    #expect(error?.kind == .cancelled)
  }

  @Test("what the source throws is thrown")
  func failingSource() throws {
    struct Failing: ByteSource {
      struct Failure: Error {}
      let sizeBytes: UInt64 = 100
      func read(at offset: UInt64, count: Int) throws -> [UInt8] { throw Failure() }
    }
    #expect(throws: Failing.Failure.self) { try MessageReader(Failing()) }
  }

  @Test("a source that is shorter than it said is cut off, not a trap")
  func shrinkingSource() throws {
    struct Shrinking: ByteSource {
      let whole: MemoryBytes
      let sizeBytes: UInt64
      func read(at offset: UInt64, count: Int) -> [UInt8] { whole.read(at: offset, count: count) }
    }
    let bytes = try makeRecording()
    for kept in stride(from: 8, to: bytes.count, by: 37) {
      let source = Shrinking(whole: MemoryBytes(Array(bytes[..<kept])), sizeBytes: UInt64(bytes.count))
      #expect(try RecordingSummary.scan(source).isCutOff)
    }
  }

  @Test("the probe takes the least and greatest time, in any order of messages and pieces of any size")
  func probeTimes() throws {
    for isChunked in [true, false] {
      var options = MCAPWriter<MemoryBytes>.Options()
      options.isChunked = isChunked
      var writer = try MCAPWriter(MemoryBytes(), options: options)
      let channel = try writer.addChannel(topic: "t", schemaID: 0, messageEncoding: "raw")
      for time: UInt64 in [7, 3, 0, 9, 4] {
        try writer.write(
          Message(channelID: channel, sequence: 0, logTimeNs: time, publishTimeNs: 0, data: []))
        if time == 0 || time == 3 { try writer.flush() }
      }
      try writer.finish()
      for pieceBytes in 1...70 {
        let result = try probe(writer.sink, pieceBytes: pieceBytes)
        #expect(result.startNs == 0)
        #expect(result.endNs == 9)
        #expect(!result.isCutOff)
        #expect(result.completeBytes == writer.sink.sizeBytes)
      }
    }
  }

  @Test("a chunk without messages says nothing about times; one message of time zero does")
  func timelessChunks() throws {
    for messageCount in 0...1 {
      var writer = try MCAPWriter(MemoryBytes())
      let channel = try writer.addChannel(topic: "t", schemaID: 0, messageEncoding: "raw")
      if messageCount == 1 {
        try writer.write(Message(channelID: channel, sequence: 0, logTimeNs: 0, publishTimeNs: 0, data: []))
      }
      try writer.finish()
      #expect(try probe(writer.sink, pieceBytes: 100).startNs == (messageCount == 1 ? 0 : nil))
    }
  }
}
