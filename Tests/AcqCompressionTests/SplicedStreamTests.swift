import AcqCompression
import AcqCore
import Testing

@Suite("Streams put together from parts") struct SplicedStreamTests {
  @Test("the checksum of two parts is that of the whole, wherever it is cut")
  func combine() {
    var random = SeededRandom(seed: 7)
    for size in [0, 1, 2, 5_551, 5_553, 65_521, 70_000, 200_001] {
      let bytes = random.bytes(size)
      let whole = Adler32.update(Adler32.empty, bytes[...])
      for cut in Set([0, size / 3, size / 2, size - min(size, 1), size]) {
        let first = Adler32.update(Adler32.empty, bytes[..<cut])
        let second = Adler32.update(Adler32.empty, bytes[cut...])
        #expect(Adler32.combine(first, second, secondSizeBytes: UInt64(size - cut)) == whole)
        #expect(Adler32.update(first, bytes[cut...]) == whole)
      }
    }
  }

  @Test("a flushed stream ends on an empty stored block and goes on")
  func flush() throws {
    let stream = try ZlibStream(level: 1)
    var output: [UInt8] = []
    stream.compress(Array("some text, some text".utf8)[...], into: &output)
    stream.flush(into: &output)
    #expect(output.suffix(5) == [0, 0, 0, 0xFF, 0xFF])
    let flushed = output.count
    stream.finish(into: &output)
    #expect(output.count > flushed)
  }
}
