import CZlib

/// Compresses a stream of any length into one zlib stream (RFC 1950) with some 300 KB of memory. One thread
/// at a time.
public final class ZlibStream {
  /// Output is handed on in pieces of this size.
  private static let pieceBytes = 64 << 10

  /// zlib keeps a pointer to this structure inside its state, so that it must never move.
  private let stream: UnsafeMutablePointer<z_stream>
  private var piece = [UInt8](repeating: 0, count: pieceBytes)
  private var isFinished = false

  /// Makes the working state; `level` is clamped to 0...9.
  public init(level: Int = 6) throws(CompressionError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let clamped = Int32(Swift.min(Swift.max(level, 0), 9))
    let result = deflateInit_(stream, clamped, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else {
      stream.deinitialize(count: 1)
      stream.deallocate()
      throw CompressionError(.memory, "zlib", "deflateInit answered \(result)")
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Takes `input`; what is ready of the compressed stream is appended to `output`.
  public func compress(_ input: ArraySlice<UInt8>, into output: inout [UInt8]) {
    precondition(!isFinished, "nothing follows finish()")
    var rest = input
    while !rest.isEmpty {
      // zlib counts in 32 bits.
      let part = rest.prefix(1 << 30)
      run(part, flush: Z_NO_FLUSH, into: &output)
      rest = rest.dropFirst(part.count)
    }
  }

  /// Ends the blocks so far on a whole byte and forgets the window: bytes that another stream flushed may be
  /// put between, and these may be put elsewhere. The first two bytes of a stream are its header.
  public func flush(into output: inout [UInt8]) {
    precondition(!isFinished, "nothing follows finish()")
    run([], flush: Z_FULL_FLUSH, into: &output)
  }

  /// Ends the stream; the rest of it is appended to `output`. Nothing may follow.
  public func finish(into output: inout [UInt8]) {
    precondition(!isFinished, "a stream is finished once")
    isFinished = true
    run([], flush: Z_FINISH, into: &output)
  }

  private func run(_ input: ArraySlice<UInt8>, flush: Int32, into output: inout [UInt8]) {
    input.withUnsafeBytes { source in
      // SAFETY: zlib reads `source` and writes `piece` only during the calls below, within the counts given;
      // it never writes through next_in, which is not const for historical reasons.
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: source.bindMemory(to: UInt8.self).baseAddress)
      stream.pointee.avail_in = UInt32(source.count)
      repeat {
        let produced = piece.withUnsafeMutableBufferPointer { target in
          stream.pointee.next_out = target.baseAddress
          stream.pointee.avail_out = UInt32(target.count)
          let result = deflate(stream, flush)
          precondition(result != Z_STREAM_ERROR, "the state is ours alone")
          return target.count - Int(stream.pointee.avail_out)
        }
        output.append(contentsOf: piece[..<produced])
      } while stream.pointee.avail_out == 0
      stream.pointee.next_in = nil
    }
  }
}
