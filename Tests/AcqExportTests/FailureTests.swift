import AcqCore
import AcqExport
import Foundation
import MCAP
import TestSupport
import Testing

@Suite("Exports that meet trouble") struct FailureTests {
  private func recording(_ compression: ChunkCompression = .none) throws -> MemoryBytes {
    var recording = try RecordingBuilder(chunkBytes: 2_000, compression: compression)
    for index in 0..<400 { try recording.json("t", "{\"v\":\(index)}", ns: UInt64(index)) }
    return try recording.finish()
  }

  private struct Trouble: Error {}
  private struct BrokenSink: ByteSink {
    var left: Int
    mutating func write(_ bytes: ArraySlice<UInt8>) throws {
      left -= bytes.count
      if left < 0 { throw Trouble() }
    }
  }
  private struct BrokenSource: ByteSource {
    let inner: MemoryBytes
    let limit: UInt64
    var sizeBytes: UInt64 { inner.sizeBytes }
    func read(at offset: UInt64, count: Int) throws -> [UInt8] {
      if offset + UInt64(count) > limit { throw Trouble() }
      return inner.read(at: offset, count: count)
    }
  }

  @Test("a client that leaves stops the work wherever it is")
  func cancelled() throws {
    var builder = try RecordingBuilder(chunkBytes: 1 << 20)
    for index in 0..<60_000 {
      try builder.json("t", "{\"v\":\(index),\"w\":[1,2,3],\"s\":\"some text\"}", ns: UInt64(index))
    }
    let source = try builder.finish()
    var asked = 0
    _ = try MATExport.write(
      source, request: .init(), name: "x", scratch: { MemoryBytes() }, to: &sinkhole,
      isCancelled: {
        asked += 1
        return false
      })
    // About 10 MB go through: asked every megabyte or so.
    #expect(asked > 10)
    for stop in 1...asked {
      var calls = 0
      var sink = MemoryBytes()
      let error = #expect(throws: ExportError.self) {
        try MATExport.write(
          source, request: .init(), name: "x", scratch: { MemoryBytes() }, to: &sink,
          isCancelled: {
            calls += 1
            return calls == stop
          })
      }
      #expect(error?.kind == .cancelled)
      #expect(calls == stop)
    }
  }

  private var sinkhole: MemoryBytes {
    get { MemoryBytes() }
    nonmutating set {}
  }

  @Test("progress goes from nothing to one and never back")
  func progress() throws {
    var told: [Double] = []
    var sink = MemoryBytes()
    _ = try MATExport.write(
      try recording(), request: .init(), name: "x", scratch: { MemoryBytes() }, to: &sink,
      progress: { told.append($0) })
    #expect(told == told.sorted())
    #expect(told.first == 0 && told.last == 1)
  }

  @Test("a sink, scratch space or source that fails is named")
  func media() throws {
    let source = try recording()
    var sink = BrokenSink(left: 200)
    let full = #expect(throws: ExportError.self) {
      try MATExport.write(source, request: .init(), name: "x", scratch: { MemoryBytes() }, to: &sink)
    }
    #expect(full?.kind == .sink && full?.isTransient == true)
    var memory = MemoryBytes()
    let none = #expect(throws: ExportError.self) {
      try MATExport.write(source, request: .init(), name: "x", scratch: { throw Trouble() }, to: &memory)
    }
    #expect(none?.kind == .scratch)
    let broken = BrokenSource(inner: source, limit: source.sizeBytes / 2)
    let unread = #expect(throws: ExportError.self) {
      try MATExport.write(broken, request: .init(), name: "x", scratch: { MemoryBytes() }, to: &memory)
    }
    #expect(unread?.kind == .source)
    #expect(memory.bytes.isEmpty)
  }

  @Test("of a recording cut at any byte, every complete message is exported or nothing is")
  func cut() throws {
    let whole = try recording().bytes
    var last: UInt64 = 0
    for cut in stride(from: 0, through: whole.count, by: 41) {
      do throws(ExportError) {
        var sink = MemoryBytes()
        let report = try MATExport.write(
          MemoryBytes(Array(whole[..<cut])), request: .init(), name: "x", scratch: { MemoryBytes() },
          to: &sink)
        #expect(report.messageCount >= last && report.messageCount <= 400)
        last = report.messageCount
      } catch {
        #expect(error.kind == .nothingToWrite && last == 0, "cut at \(cut): \(error)")
      }
    }
    #expect(last == 400)
  }

  @Test("a damaged chunk costs its own messages only, and meta says so")
  func damaged() throws {
    var bytes = try recording(.zstd(level: 1)).bytes
    let whole = try export(MemoryBytes(bytes)).report
    // In the middle of a chunk's packed bytes; which one does not matter.
    for index in bytes.count / 4..<bytes.count / 4 + 8 { bytes[index] ^= 0x5A }
    let (mat, report) = try export(MemoryBytes(bytes))
    #expect(report.messageCount < whole.messageCount && report.messageCount > whole.messageCount / 2)
    #expect(!report.notes.isEmpty)
    #expect(try meta(mat)["notes"]?.array?.isEmpty == false)
  }
}
