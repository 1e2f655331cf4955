import CLZ4

private let name = "lz4"

/// Decompresses lz4 frames, and the bare blocks that some old MCAP writers made. One thread at a time.
public final class LZ4Decompressor {
  private let context: OpaquePointer

  /// Makes the working state.
  public init() throws(CompressionError) {
    var made: OpaquePointer?
    let result = LZ4F_createDecompressionContext(&made, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(result) == 0, let made else { throw CompressionError(.memory, name, "no memory") }
    context = made
  }

  deinit { LZ4F_freeDecompressionContext(context) }

  /// Exactly `uncompressedSize` bytes from the frames at the start of `input`, or from one bare block; what follows
  /// is ignored. Never writes more than `uncompressedSize`, which the caller has capped.
  public func decompress(
    _ input: ArraySlice<UInt8>, uncompressedSize: Int
  ) throws(CompressionError) -> [UInt8] {
    guard uncompressedSize > 0 else { return [] }
    let (output, failure) = run(input, capacity: uncompressedSize)
    if let failure { throw failure }
    guard output.count == uncompressedSize else {
      throw CompressionError(
        .sizeMismatch, name, "\(output.count) bytes came out, \(uncompressedSize) were claimed")
    }
    return output
  }

  /// The bytes that can be had from a frame that breaks off or is damaged, at most `limit`. Nothing readable gives
  /// an empty array; of a bare block nothing can be had.
  public func decompressPrefix(_ input: ArraySlice<UInt8>, limit: Int) -> [UInt8] {
    guard limit > 0 else { return [] }
    // A block of an lz4 frame shrinks at most 255 times, so that a small input reserves little.
    let bound = input.count.multipliedReportingOverflow(by: 255)
    return run(input, capacity: bound.overflow ? limit : min(limit, bound.partialValue + 1)).output
  }

  private func run(
    _ input: ArraySlice<UInt8>, capacity: Int
  ) -> (output: [UInt8], failure: CompressionError?) {
    var failure: CompressionError?
    let isFrame = input.starts(with: [0x04, 0x22, 0x4D, 0x18])
    let output = input.withUnsafeBytes { source in
      // SAFETY: both buffers live for the call; lz4 is told their sizes and stays inside them.
      [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
        let target = UnsafeMutableRawBufferPointer(target)
        failure =
          isFrame ? decompressFrames(source, target, &count) : Self.decompressBlock(source, target, &count)
      }
    }
    return (output, failure)
  }

  /// Fills `target` as far as `source` reaches; returns what went wrong.
  private func decompressFrames(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ count: inout Int
  ) -> CompressionError? {
    LZ4F_resetDecompressionContext(context)
    // The output stays where it is until the call that fills it ends, so lz4 needs no second copy of its window.
    var options = LZ4F_decompressOptions_t()
    options.stableDst = 1
    var consumed = 0
    var isFrameEnd = false
    while count < target.count || !isFrameEnd {
      var producedNow = target.count - count
      var consumedNow = source.count - consumed
      let hint = LZ4F_decompress(
        context, target.baseAddress?.advanced(by: count), &producedNow,
        source.baseAddress?.advanced(by: consumed), &consumedNow, &options)
      if LZ4F_isError(hint) != 0 {
        return CompressionError(.corrupt, name, String(cString: LZ4F_getErrorName(hint)))
      }
      count += producedNow
      consumed += consumedNow
      isFrameEnd = hint == 0
      if isFrameEnd && consumed == source.count { return nil }
      guard producedNow == 0 && consumedNow == 0 else { continue }
      if consumed < source.count {
        return CompressionError(.sizeMismatch, name, "more comes out than the claimed \(target.count) bytes")
      }
      return CompressionError(.truncated, name, "the frame breaks off after \(count) bytes")
    }
    return nil
  }

  private static func decompressBlock(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ count: inout Int
  ) -> CompressionError? {
    guard let sourceCount = Int32(exactly: source.count), let targetCount = Int32(exactly: target.count)
    else {
      return CompressionError(.corrupt, name, "neither a frame nor a block")
    }
    let produced = LZ4_decompress_safe(source.baseAddress, target.baseAddress, sourceCount, targetCount)
    guard produced >= 0 else { return CompressionError(.corrupt, name, "neither a frame nor a block") }
    count = Int(produced)
    return nil
  }
}

/// Compresses into lz4 frames.
public enum LZ4 {
  /// One frame that holds `input`, with its size in the header.
  public static func compressFrame(_ input: ArraySlice<UInt8>) throws(CompressionError) -> [UInt8] {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.contentSize = UInt64(input.count)
    var result = 0
    let output = input.withUnsafeBytes { source in
      // SAFETY: both buffers live for the call; lz4 is told their sizes and stays inside them.
      [UInt8](unsafeUninitializedCapacity: LZ4F_compressFrameBound(source.count, &preferences)) {
        target, count in
        result = LZ4F_compressFrame(
          target.baseAddress, target.count, source.baseAddress, source.count, &preferences)
        count = LZ4F_isError(result) == 0 ? result : 0
      }
    }
    guard LZ4F_isError(result) == 0 else {
      throw CompressionError(.memory, name, String(cString: LZ4F_getErrorName(result)))
    }
    return output
  }
}
