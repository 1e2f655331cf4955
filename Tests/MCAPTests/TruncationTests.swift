import AcqCore
import MCAP
import TestSupport
import Testing

/// Where the complete top-level records of a recording end.
private func recordEnds(_ bytes: [UInt8]) -> [Int] {
  var ends: [Int] = []
  var index = 8
  while index + 9 <= bytes.count {
    let length = bytes[(index + 1)..<(index + 9)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(bytes.count - index - 9) else { break }
    index += 9 + Int(length)
    ends.append(index)
  }
  return ends
}

@Suite struct TruncationTests {
  @Test(
    "cut at every byte, a recording gives a prefix of its messages, and all that are complete",
    arguments: [ChunkCompression.none, .lz4, .zstd(level: 1)], [true, false])
  func everyByte(compression: ChunkCompression, isChunked: Bool) throws {
    let bytes = try makeRecording {
      $0.compression = compression
      $0.isChunked = isChunked
    }
    var whole = try MessageReader(MemoryBytes(bytes))
    let messages = try readAll(&whole)
    #expect(messages.count == 40)
    #expect(whole.ending == .closed)
    let ends = recordEnds(bytes)
    var completeCounts: [Int: Int] = [:]
    for cut in 0..<bytes.count {
      let source = MemoryBytes(Array(bytes[..<cut]))
      var reader = try MessageReader(source)
      let got = try readAll(&reader)
      #expect(got == Array(messages.prefix(got.count)), "cut at \(cut)")
      #expect(reader.problems == [], "cut at \(cut)")
      guard case .cutOff(let offset, _) = reader.ending else {
        Issue.record("cut at \(cut) seems closed")
        continue
      }
      let complete = ends.last { $0 <= cut } ?? (cut >= 8 ? 8 : 0)
      #expect(offset == UInt64(complete), "cut at \(cut)")
      // All complete messages: those before the cut's last whole record, seen when it was cut exactly there.
      if cut == complete { completeCounts[cut] = got.count }
      if let least = completeCounts[complete] { #expect(got.count >= least, "cut at \(cut)") }
      try expectProbeAgrees(source, got, cut: cut)
    }
    #expect(completeCounts[ends.last ?? 0] == 40)
  }

  private func expectProbeAgrees(_ source: MemoryBytes, _ got: [Seen], cut: Int) throws {
    for pieceBytes in [1, 13, 1 << 20] where pieceBytes > 1 || cut % 16 == 0 {
      let result = try probe(source, pieceBytes: pieceBytes)
      #expect(result.kind == (cut == 0 ? .empty : .mcap))
      #expect(result.isCutOff)
      #expect(result.startNs == got.map(\.logTimeNs).min(), "cut at \(cut)")
      #expect(result.endNs == got.map(\.logTimeNs).max(), "cut at \(cut)")
    }
  }

  @Test("of an uncompressed chunk that breaks off, every complete message comes back")
  func uncompressedChunk() throws {
    let bytes = try makeRecording {
      $0.compression = .none
      $0.chunkBytes = 1 << 20
    }
    var counts: [Int] = []
    for cut in 0..<bytes.count {
      var reader = try MessageReader(MemoryBytes(Array(bytes[..<cut])))
      counts.append(try readAll(&reader).count)
    }
    #expect(Set(counts) == Set(0...40))
    #expect(counts == counts.sorted())
  }

  @Test(
    "a chunk whose writer never filled in its length and sizes gives its messages", arguments: [false, true])
  func unfinishedChunk(isPacked: Bool) throws {
    var bytes = try makeRecording(isFinished: false) {
      $0.compression = isPacked ? .zstd(level: 1) : .none
      $0.chunkBytes = 1 << 20
    }
    var whole = try MessageReader(MemoryBytes(bytes))
    let messages = try readAll(&whole)
    let chunkStart = try #require(recordEnds(bytes).last { bytes.indices.contains($0) && bytes[$0] == 6 })
    bytes = Array(bytes[..<(recordEnds(bytes).first { $0 > chunkStart } ?? 0)])
    // Length, times, uncompressed size and size of the records, as some writers leave them until the end.
    let compressionLength = isPacked ? 4 : 0
    let sizeStart = chunkStart + 9 + 8 + 8 + 8 + 4 + 4 + compressionLength
    for start in [chunkStart + 1, chunkStart + 9, chunkStart + 25, sizeStart] {
      for index in start..<(start + 8) { bytes[index] = 0xFF }
    }
    let source = MemoryBytes(bytes)
    var reader = try MessageReader(source)
    #expect(try readAll(&reader) == messages)
    #expect(reader.ending == .cutOff(offset: UInt64(chunkStart), reason: "a record was never finished"))
    let result = try probe(source, pieceBytes: 100)
    #expect(result.isCutOff)
    #expect(result.startNs == messages.first?.logTimeNs)
    #expect(result.endNs == messages.last?.logTimeNs)
    #expect(result.completeBytes == UInt64(chunkStart))
  }

  @Test("what is readable of a large zstd chunk is read, wherever it breaks", .needsShared)
  func largeChunk() throws {
    let path = try #require(SharedData.logs) + "/synthetic/zstd/2026-05-02-T13-00-00.mcap"
    let bytes = try readFile(path).bytes
    let ends = recordEnds(bytes)
    let chunkStart = try #require(ends.first { bytes[$0] == 6 })
    let chunkEnd = try #require(ends.first { $0 > chunkStart })
    var whole = try MessageReader(MemoryBytes(Array(bytes[..<chunkEnd])))
    let messages = try readAll(&whole)
    var longest = 0
    for cut in stride(from: chunkStart, through: chunkEnd - 1, by: (chunkEnd - chunkStart) / 12) {
      var reader = try MessageReader(MemoryBytes(Array(bytes[..<cut])))
      let got = try readAll(&reader)
      #expect(got == Array(messages.prefix(got.count)))
      #expect(got.count >= longest)
      longest = got.count
    }
    #expect(longest > messages.count / 2)
  }
}
