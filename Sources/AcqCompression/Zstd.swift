import CZstd

private let name = "zstd"

/// Decompresses zstd frames; keeps its working memory between calls. One thread at a time.
public final class ZstdDecompressor {
  /// Largest window of a broken frame (2^26 bytes): bounds the memory of `decompressPrefix`. Whole frames are
  /// decompressed straight into the output and need no window.
  private static let windowLogMax: Int32 = 26

  private let context: OpaquePointer

  /// Makes the working state.
  public init() throws(CompressionError) {
    guard let context = ZSTD_createDCtx() else { throw CompressionError(.memory, name, "no memory") }
    self.context = context
    _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLogMax)
  }

  deinit { ZSTD_freeDCtx(context) }

  /// Exactly `uncompressedSize` bytes from the frames at the start of `input`; what follows the last needed frame
  /// is ignored (some writers pad). Never writes more than `uncompressedSize`, which the caller has capped.
  public func decompress(
    _ input: ArraySlice<UInt8>, uncompressedSize: Int
  ) throws(CompressionError) -> [UInt8] {
    guard uncompressedSize > 0 else { return [] }
    var failure: CompressionError?
    let output = input.withUnsafeBytes { source in
      // SAFETY: both buffers live for the call; zstd is told their sizes and stays inside them.
      [UInt8](unsafeUninitializedCapacity: uncompressedSize) { target, count in
        failure = decompressFrames(
          UnsafeRawBufferPointer(source), UnsafeMutableRawBufferPointer(target), &count)
      }
    }
    if let failure { throw failure }
    return output
  }

  /// Fills `target` frame by frame; returns what went wrong.
  private func decompressFrames(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ count: inout Int
  ) -> CompressionError? {
    var consumed = 0
    while count < target.count {
      let rest = UnsafeRawBufferPointer(rebasing: source[consumed...])
      guard !rest.isEmpty else {
        let kind: CompressionError.Kind = count == 0 ? .truncated : .sizeMismatch
        return CompressionError(kind, name, "\(count) bytes came out, \(target.count) were claimed")
      }
      let frameSize = ZSTD_findFrameCompressedSize(rest.baseAddress, rest.count)
      if ZSTD_isError(frameSize) != 0 { return Self.error(frameSize) }
      let produced = ZSTD_decompressDCtx(
        context, target.baseAddress?.advanced(by: count), target.count - count, rest.baseAddress, frameSize)
      if ZSTD_isError(produced) != 0 { return Self.error(produced) }
      consumed += frameSize
      count += produced
    }
    return nil
  }

  /// The bytes that can be had from a frame that breaks off or is damaged: whole blocks before the break, at most
  /// `limit` bytes. Nothing readable gives an empty array.
  public func decompressPrefix(_ input: ArraySlice<UInt8>, limit: Int) -> [UInt8] {
    _ = ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
    defer { _ = ZSTD_DCtx_reset(context, ZSTD_reset_session_only) }
    var output: [UInt8] = []
    var block = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
    input.withUnsafeBytes { source in
      var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
      while output.count < limit {
        let consumedBefore = input.pos
        // SAFETY: the output buffer is `block`, alive and of the size given, for this one call.
        let (result, produced) = block.withUnsafeMutableBytes { target in
          var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          let result = ZSTD_decompressStream(context, &output, &input)
          return (result, output.pos)
        }
        output.append(contentsOf: block[..<min(produced, limit - output.count)])
        let isStuck = produced == 0 && input.pos == consumedBefore
        if ZSTD_isError(result) != 0 || isStuck { return }
      }
    }
    return output
  }

  private static func error(_ code: Int) -> CompressionError {
    let kind: CompressionError.Kind =
      switch ZSTD_getErrorCode(code) {
      case ZSTD_error_srcSize_wrong: .truncated
      case ZSTD_error_dstSize_tooSmall: .sizeMismatch
      case ZSTD_error_memory_allocation: .memory
      default: .corrupt
      }
    return CompressionError(kind, name, String(cString: ZSTD_getErrorName(code)))
  }
}

/// Compresses into zstd frames; keeps its working memory between calls. One thread at a time.
public final class ZstdCompressor {
  private let context: OpaquePointer

  /// Makes the working state; `level` is clamped to what zstd knows (negative is faster, 3 usual, 19 slow).
  public init(level: Int = 3) throws(CompressionError) {
    guard let context = ZSTD_createCCtx() else { throw CompressionError(.memory, name, "no memory") }
    self.context = context
    let clamped = Swift.min(Swift.max(Int32(clamping: level), ZSTD_minCLevel()), ZSTD_maxCLevel())
    _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, clamped)
  }

  deinit { ZSTD_freeCCtx(context) }

  /// One frame that holds `input`. The same input and level give the same bytes with the same library.
  public func compress(_ input: ArraySlice<UInt8>) throws(CompressionError) -> [UInt8] {
    var result = 0
    let output = input.withUnsafeBytes { source in
      // SAFETY: both buffers live for the call; zstd is told their sizes and stays inside them.
      [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(source.count)) { target, count in
        result = ZSTD_compress2(context, target.baseAddress, target.count, source.baseAddress, source.count)
        count = ZSTD_isError(result) == 0 ? result : 0
      }
    }
    guard ZSTD_isError(result) == 0 else {
      throw CompressionError(.memory, name, String(cString: ZSTD_getErrorName(result)))
    }
    return output
  }
}
