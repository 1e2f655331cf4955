import AcqCompression
import TestSupport
import Testing

@Suite struct DeflateTests {
  static let inflate = "import sys, zlib; sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))"

  @Test("Python's zlib inflates what either compressor made", arguments: [0, 1, 70_000, 1_000_000])
  func inflated(count: Int) throws {
    let bytes = makeText(count)
    for level in [0, 1, 6, 9] {
      let whole = try Deflate.compress(bytes[...], level: level)
      #expect(try PythonTools.runBytes(Self.inflate, input: whole) == bytes)
      let stream = try ZlibStream(level: level)
      var packed: [UInt8] = []
      var offset = 0
      while offset < count {
        let end = min(count, offset + 33_333)
        stream.compress(bytes[offset..<end], into: &packed)
        offset = end
      }
      stream.finish(into: &packed)
      #expect(try PythonTools.runBytes(Self.inflate, input: packed) == bytes)
      if level > 0 && count > 1000 { #expect(whole.count < count && packed.count < count) }
    }
  }

  @Test("one compressor serves many buffers")
  func reuse() throws {
    let compressor = try DeflateCompressor(level: 6)
    for seed in 1...3 {
      let bytes = makeText(10_000, seed: UInt64(seed))
      #expect(try PythonTools.runBytes(Self.inflate, input: compressor.compress(bytes[...])) == bytes)
    }
  }
}
