import AcqCompression
import AcqCore
import Testing

/// Text-like bytes that shrink, but not to nothing.
func makeText(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  return (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) ^ (random.next() & 7 == 0 ? 1 : 0) }
}

@Suite struct ZstdTests {
  @Test("what was compressed comes back", arguments: [0, 1, 1000, 300_000, 2_000_000])
  func roundTrip(count: Int) throws {
    let bytes = makeText(count)
    let packed = try ZstdCompressor(level: 1).compress(bytes[...])
    #expect(try ZstdDecompressor().decompress(packed[...], uncompressedSize: count) == bytes)
  }

  @Test("one context serves many frames, also after an error")
  func reuse() throws {
    let decompressor = try ZstdDecompressor()
    let compressor = try ZstdCompressor()
    for seed in 1...5 {
      let bytes = makeText(50_000, seed: UInt64(seed))
      let packed = try compressor.compress(bytes[...])
      #expect(throws: CompressionError.self) {
        try decompressor.decompress(packed.dropLast(5), uncompressedSize: bytes.count)
      }
      #expect(try decompressor.decompress(packed[...], uncompressedSize: bytes.count) == bytes)
    }
  }

  @Test("several frames in a row and padding behind them are read")
  func framesAndPadding() throws {
    let bytes = makeText(40_000)
    let compressor = try ZstdCompressor()
    let packed = try compressor.compress(bytes[..<15_000]) + compressor.compress(bytes[15_000...])
    let padded = packed + [UInt8](repeating: 0, count: 100)
    #expect(try ZstdDecompressor().decompress(padded[...], uncompressedSize: 40_000) == bytes)
  }

  @Test("a frame that makes more or less than claimed is refused")
  func claims() throws {
    let bytes = makeText(40_000)
    let packed = try ZstdCompressor().compress(bytes[...])
    for claimed in [1, 39_999, 40_001, 1 << 28] {
      let error = #expect(throws: CompressionError.self) {
        try ZstdDecompressor().decompress(packed[...], uncompressedSize: claimed)
      }
      #expect(error?.kind == .sizeMismatch)
    }
    let garbage = #expect(throws: CompressionError.self) {
      try ZstdDecompressor().decompress(makeText(100)[...], uncompressedSize: 10)
    }
    #expect(garbage?.kind == .corrupt)
  }

  @Test("of a broken frame every whole block before the break comes back, wherever it breaks")
  func prefix() throws {
    let bytes = makeText(600_000)
    let packed = try ZstdCompressor(level: 1).compress(bytes[...])
    let decompressor = try ZstdDecompressor()
    var longest = 0
    for cut in stride(from: 0, to: packed.count, by: max(1, packed.count / 200)) {
      let got = decompressor.decompressPrefix(packed[..<cut], limit: 1 << 20)
      #expect(bytes.starts(with: got))
      #expect(got.count >= longest)
      longest = got.count
    }
    #expect(longest >= 128 << 10)
    #expect(decompressor.decompressPrefix(packed[...], limit: 1 << 20) == bytes)
    #expect(decompressor.decompressPrefix(packed[...], limit: 1000) == Array(bytes[..<1000]))
    #expect(decompressor.decompressPrefix(makeText(1000)[...], limit: 1000) == [])
  }
}

@Suite struct LZ4Tests {
  @Test("what was compressed comes back", arguments: [0, 1, 1000, 300_000, 2_000_000])
  func roundTrip(count: Int) throws {
    let bytes = makeText(count)
    let packed = try LZ4.compressFrame(bytes[...])
    #expect(try LZ4Decompressor().decompress(packed[...], uncompressedSize: count) == bytes)
    let padded = packed + [UInt8](repeating: 0, count: 3)
    if count > 0 {
      #expect(try LZ4Decompressor().decompress(padded[...], uncompressedSize: count) == bytes)
    }
  }

  @Test("several frames in a row are read")
  func frames() throws {
    let bytes = makeText(40_000)
    let packed = try LZ4.compressFrame(bytes[..<15_000]) + LZ4.compressFrame(bytes[15_000...])
    #expect(try LZ4Decompressor().decompress(packed[...], uncompressedSize: 40_000) == bytes)
  }

  @Test("a bare block is read")
  func bareBlock() throws {
    // One sequence: token "5 literals, no match", as the lz4 block format says.
    let block: [UInt8] = [0x50, 1, 2, 3, 4, 5]
    #expect(try LZ4Decompressor().decompress(block[...], uncompressedSize: 5) == [1, 2, 3, 4, 5])
  }

  @Test("a frame that makes more or less than claimed is refused, and the context lives on")
  func claims() throws {
    let bytes = makeText(400_000)
    let packed = try LZ4.compressFrame(bytes[...])
    let decompressor = try LZ4Decompressor()
    for claimed in [1, 399_999, 400_001, 1 << 28] {
      let error = #expect(throws: CompressionError.self) {
        try decompressor.decompress(packed[...], uncompressedSize: claimed)
      }
      #expect(error?.kind == .sizeMismatch)
    }
    #expect(throws: CompressionError.self) {
      try decompressor.decompress(packed.dropLast(10), uncompressedSize: 400_000)
    }
    #expect(try decompressor.decompress(packed[...], uncompressedSize: 400_000) == bytes)
  }

  @Test("of a broken frame every whole block before the break comes back, wherever it breaks")
  func prefix() throws {
    let bytes = makeText(600_000)
    let packed = try LZ4.compressFrame(bytes[...])
    let decompressor = try LZ4Decompressor()
    var longest = 0
    for cut in stride(from: 0, to: packed.count, by: max(1, packed.count / 200)) {
      let got = decompressor.decompressPrefix(packed[..<cut], limit: 1 << 20)
      #expect(bytes.starts(with: got))
      #expect(got.count >= longest)
      longest = got.count
    }
    #expect(longest >= 64 << 10)
    #expect(decompressor.decompressPrefix(packed[...], limit: 1000) == Array(bytes[..<1000]))
  }
}
