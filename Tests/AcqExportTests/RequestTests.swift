import AcqCore
import AcqExport
import Foundation
import MCAP
import TestSupport
import Testing

@Suite("What an export request asks for") struct RequestTests {
  private func recording() throws -> MemoryBytes {
    var recording = try RecordingBuilder()
    for index in 0..<2_000 {
      try recording.json("car/\(index % 3)", "{\"v\":\(index)}", ns: 1_000_000_000 + UInt64(index) * 1_000)
    }
    try recording.json("other", "{\"w\":1}", ns: 1_001_000_000)
    return try recording.finish()
  }

  @Test("a slice has the topics and times asked for, from the whole recording's origin")
  func slices() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/recording.mcap"
    try save(try recording().bytes, path)
    let request = MATExport.Request(topics: ["car*1", "x"], startNs: 1_000_100_000, endNs: 1_000_200_000)
    let (words, report) = try verify(
      path, request, arguments: ["--start", "1000100000", "--end", "1000200000", "--wanted", "car/1"])
    #expect(words[0] == "1" && report.messageCount == 34)
  }

  @Test("the end of a time range is not part of it")
  func range() throws {
    let source = try recording()
    func count(_ start: UInt64?, _ end: UInt64?) throws -> UInt64 {
      try export(source, MATExport.Request(topics: ["other"], startNs: start, endNs: end)).report.messageCount
    }
    #expect(try count(1_001_000_000, 1_001_000_001) == 1)
    #expect(try count(1_001_000_000, nil) == 1)
    for (start, end) in [(1_001_000_001, nil), (nil, 1_001_000_000), (5, 5)] as [(UInt64?, UInt64?)] {
      let error = #expect(throws: ExportError.self) { try count(start, end) }
      #expect(error?.kind == .nothingToWrite)
    }
  }

  @Test(
    "globs",
    arguments: [
      (["*"], 4), (["car/*"], 3), (["*r*"], 4), (["car/?"], 3), (["car?0", "other"], 2), (["other*"], 1),
      (["*/1*"], 1), (["**o**r**"], 1),
    ])
  func globs(topics: [String], count: Int) throws {
    let (_, report) = try export(try recording(), MATExport.Request(topics: topics))
    #expect(report.variables.count == count)
  }

  @Test("topics that match nothing are refused")
  func noMatch() throws {
    for topics in [["Car/1"], ["car"], ["?"], [""]] {
      let error = #expect(throws: ExportError.self) {
        try export(try recording(), MATExport.Request(topics: topics))
      }
      #expect(error?.kind == .nothingToWrite)
    }
  }

  @Test("the same request gives the same bytes")
  func deterministic() throws {
    let source = try recording()
    #expect(try export(source).bytes == export(source).bytes)
  }

  @Test("a variable of the format's greatest size is written, one byte more is not")
  func limit() {
    #expect(MATFormat.variableBytesMax == 2_147_483_647)
    #expect(!MATFormat.isTooLarge(MATFormat.variableBytesMax))
    #expect(MATFormat.isTooLarge(MATFormat.variableBytesMax + 1))
    #expect(MATFormat.isTooLarge(.max))
  }

  @Test("a topic that cannot fit is refused before the first byte, with what would fit")
  func tooLarge() throws {
    // One row of 300,000 numbers makes every row that wide: 1,200 × 300,000 × 8 bytes.
    var builder = try RecordingBuilder(chunkBytes: 1 << 20)
    for index in 0..<1_200 {
      let list = index == 600 ? Array(repeating: "1", count: 300_000).joined(separator: ",") : "1"
      try builder.json("wide", "[\(list)]", ns: UInt64(index) * 1_000_000)
      try builder.json("narrow", "[1]", ns: UInt64(index) * 1_000_000)
    }
    let source = try builder.finish()
    let sink = MemoryBytes()
    var target = sink
    let error = #expect(throws: ExportError.self) {
      try MATExport.write(source, request: .init(), name: "x", scratch: { MemoryBytes() }, to: &target)
    }
    #expect(error?.kind == .variableTooLarge)
    #expect(error?.topic == "wide")
    // Data, times and counts of one signal, in a structure of three fields.
    #expect((error?.sizeBytes ?? 0) > 2_880_000_000 && (error?.sizeBytes ?? .max) < 2_880_020_000)
    let fits = try #require(error?.fits)
    #expect(fits.contains("the other topic"))
    #expect(sink.bytes.isEmpty)
    // What it proposes does fit.
    let end = try #require(fits.firstMatch(of: /end=([0-9]+)/))
    let proposed = MATExport.Request(topics: ["wide"], startNs: 0, endNs: UInt64(end.1))
    let first = try #require(fits.firstMatch(of: /first ([0-9]+) messages/))
    #expect(try export(source, MATExport.Request(topics: ["narrow"])).report.messageCount == 1_200)
    #expect(proposed.endNs == (UInt64(first.1) ?? 0) * 1_000_000)
  }
}
