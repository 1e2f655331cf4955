import AcqCore
import MCAP
import TestSupport
import Testing

@Suite(.needsShared) struct SharedLogsTests {
  /// Distinct contents of all recordings beside the checkout.
  func contents() throws -> [String: MemoryBytes] {
    var found: [[UInt8]: (String, MemoryBytes)] = [:]
    for path in try paths(under: SharedData.logs, suffix: ".mcap") {
      let source = try readFile(path)
      found[source.bytes] = (path, source)
    }
    return Dictionary(uniqueKeysWithValues: found.values.map { ($0.0, $0.1) })
  }

  @Test("every recording that begins with the magic is read to its end; three begin in 1970")
  func allRecordings() throws {
    var recordingCount = 0
    var emptyCount = 0
    var oldCount = 0
    for (path, source) in try contents() {
      if path.hasSuffix("not-an-mcap.mcap") { continue }
      recordingCount += 1
      let summary = try RecordingSummary.scan(source)
      #expect(summary.problems == [], "\(path)")
      #expect(summary.isCutOff == path.contains("truncated"), "\(path)")
      #expect(!summary.topics.isEmpty || summary.messageCount == 0, "\(path)")
      if summary.messageCount == 0 { emptyCount += 1 }
      if let startNs = summary.startNs, startNs < 31_536_000_000_000_000 { oldCount += 1 }
      #expect(summary.topics.reduce(0) { $0 + $1.count } == summary.messageCount)
      for pieceBytes in [1 << 20, 4093] {
        let result = try probe(source, pieceBytes: pieceBytes)
        #expect(result.kind == .mcap)
        #expect(result.startNs == summary.startNs, "\(path)")
        #expect(result.endNs == summary.endNs, "\(path)")
        #expect(result.isCutOff == summary.isCutOff, "\(path)")
        if !summary.isCutOff { #expect(result.completeBytes == source.sizeBytes) }
      }
    }
    #expect(recordingCount == 14)
    #expect(emptyCount == 1)
    #expect(oldCount == 3)
  }

  @Test("a picture named .mcap is refused with a reason")
  func picture() throws {
    let source = try readFile(try #require(SharedData.logs) + "/real/not-an-mcap.mcap")
    let error = #expect(throws: MCAPError.self) { try RecordingSummary.scan(source) }
    #expect(error?.kind == .notMCAP)
    guard case .notMCAP(let reason) = try probe(source, pieceBytes: 1000).kind else {
      Issue.record("the probe takes a picture")
      return
    }
    #expect(reason == "not an MCAP file: it begins with .PNG.... (89 50 4e 47 0d 0a 1a 0a)")
  }

  @Test("a push stream and the reader see the same messages")
  func streamAgrees() throws {
    for path in try paths(under: try #require(SharedData.logs) + "/real", suffix: ".mcap") {
      if path.hasSuffix("not-an-mcap.mcap") { continue }
      let source = try readFile(path)
      var stream = RecordStream(expandsChunks: true)
      var count: UInt64 = 0
      var offset = 0
      while offset < source.bytes.count {
        let end = min(offset + 100_003, source.bytes.count)
        stream.append(source.bytes[offset..<end])
        offset = end
        while let record = try stream.next() { if case .message = record { count += 1 } }
      }
      #expect(stream.phase == .closed)
      #expect(count == (try RecordingSummary.scan(source)).messageCount, "\(path)")
    }
  }

  /// Count, CRC-32 over all messages in file order, and times, by topic, as PyPI's `mcap` reads them.
  static let judge = """
    import sys, zlib, struct
    from mcap.stream_reader import StreamReader
    from mcap.records import Schema, Channel, Message
    channels, counts, crc, total = {}, {}, 0, 0
    try:
      for r in StreamReader(open(sys.argv[1], 'rb'), validate_crcs=True).records:
        if isinstance(r, Channel): channels[r.id] = r.topic
        if isinstance(r, Message):
          topic = channels[r.channel_id]
          counts[topic] = counts.get(topic, 0) + 1
          crc = zlib.crc32(topic.encode() + struct.pack('<QQI', r.log_time, r.publish_time, r.sequence) + r.data, crc)
          total += 1
    except Exception as e:
      print('broke', type(e).__name__, file=sys.stderr)
    print(total, crc)
    for t in sorted(counts): print(t, counts[t])
    """

  @Test("the cut-off recording gives what PyPI's stream reader gives, and what is left of its last chunk")
  func cutOff() throws {
    let path = try #require(SharedData.logs) + "/synthetic/truncated/2026-05-02-T13-00-00.mcap"
    let lines = try PythonTools.run(Self.judge, [path]).split(separator: "\n").map(String.init)
    let head = try #require(lines.first).split(separator: " ").compactMap { UInt64($0) }
    var reader = try MessageReader(try readFile(path))
    var count: UInt64 = 0
    var checksum = Checksum()
    var checksumThere: UInt32?
    while let view = try reader.next() {
      count += 1
      checksum.add(view)
      if count == head[0] { checksumThere = checksum.value }
    }
    #expect(count >= head[0])
    #expect(checksumThere.map(UInt64.init) == head[1])
    #expect(reader.channels.filter { $0.messageCount > 0 }.count == lines.count - 1)
    guard case .cutOff = reader.ending else {
      Issue.record("the recording is cut off, the reader says \(String(describing: reader.ending))")
      return
    }
  }

  @Test("every other recording gives exactly what PyPI's stream reader gives")
  func wholeRecordings() throws {
    for path in try paths(under: SharedData.logs, suffix: ".mcap") {
      if path.hasSuffix("not-an-mcap.mcap") || path.contains("truncated") { continue }
      let lines = try PythonTools.run(Self.judge, [path]).split(separator: "\n").map(String.init)
      var reader = try MessageReader(try readFile(path))
      var count: UInt64 = 0
      var checksum = Checksum()
      while let view = try reader.next() {
        count += 1
        checksum.add(view)
      }
      #expect(lines.first == "\(count) \(checksum.value)", "\(path)")
    }
  }
}
