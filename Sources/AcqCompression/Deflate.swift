import CDeflate

/// Compresses whole buffers into zlib streams, two to three times as fast as zlib. One thread at a time.
public final class DeflateCompressor {
  private let compressor: OpaquePointer

  /// Makes the working state; `level` is clamped to 0...12 (1 fast, 6 usual, 12 slow).
  public init(level: Int = 6) throws(CompressionError) {
    let clamped = Int32(Swift.min(Swift.max(level, 0), 12))
    guard let compressor = libdeflate_alloc_compressor(clamped) else {
      throw CompressionError(.memory, "deflate", "no memory")
    }
    self.compressor = compressor
  }

  deinit { libdeflate_free_compressor(compressor) }

  /// One zlib stream (RFC 1950) that holds `input`.
  public func compress(_ input: ArraySlice<UInt8>) -> [UInt8] {
    let bound = libdeflate_zlib_compress_bound(compressor, input.count)
    return input.withUnsafeBytes { source in
      // SAFETY: both buffers live for the call; libdeflate is told their sizes and stays inside them.
      [UInt8](unsafeUninitializedCapacity: bound) { target, count in
        count = libdeflate_zlib_compress(
          compressor, source.baseAddress, source.count, target.baseAddress, target.count)
        precondition(count > 0, "a buffer of the bound's size always suffices")
      }
    }
  }
}

/// Whole-buffer deflate without keeping a compressor.
public enum Deflate {
  /// One zlib stream that holds `input`.
  public static func compress(_ input: ArraySlice<UInt8>, level: Int = 6) throws(CompressionError) -> [UInt8]
  {
    try DeflateCompressor(level: level).compress(input)
  }
}
