import AcqCompression
import AcqCore
import AcqSignals

/// Compressed bytes that can stand anywhere in a zlib stream, any number of times.
struct DeflatedSegment {
  /// Behind the two bytes of a zlib stream's header.
  let compressed: ByteStream
  let sizeBytes: UInt64
  let adler: UInt32
}

/// Compresses one variable into scratch space: its compressed size must be known before its first byte goes
/// out.
final class VariableDeflater {
  /// Fast: a higher level makes files a few percent smaller and takes several times as long.
  private static let level = 1
  private static let outputBytesMax = 64 << 10
  /// RFC 1950, CMF and FLG.
  private static let streamHeaderBytes = 2

  private let stream: ZlibStream
  private var output: [UInt8] = []
  private var compressed = ByteStream()
  private let space: SpillSpace
  private let monitor: JobMonitor
  private var adler = Adler32.empty
  /// Uncompressed bytes so far.
  private(set) var sizeBytes: UInt64 = 0

  init(_ space: SpillSpace, _ monitor: JobMonitor) throws(ExportError) {
    self.space = space
    self.monitor = monitor
    do { stream = try ZlibStream(level: Self.level) } catch { throw ExportError(.scratch, "\(error)") }
  }

  func write(_ bytes: [UInt8]) throws(ExportError) { try write(bytes[...]) }

  func write(_ bytes: ArraySlice<UInt8>) throws(ExportError) {
    adler = Adler32.update(adler, bytes)
    stream.compress(bytes, into: &output)
    try account(UInt64(bytes.count))
  }

  /// Puts a segment in, as if its uncompressed bytes were written.
  func splice(_ segment: DeflatedSegment) throws(ExportError) {
    stream.flush(into: &output)
    try spill()
    var reader = ByteStreamReader(segment.compressed, in: space)
    _ = try scratched { () throws(SignalError) in try reader.read(Self.streamHeaderBytes) }
    var left = segment.compressed.count - Self.streamHeaderBytes
    while left > 0 {
      let part = min(left, Self.outputBytesMax)
      try scratched { () throws(SignalError) in try reader.read(part, into: &output) }
      try spill()
      left -= part
    }
    adler = Adler32.combine(adler, segment.adler, secondSizeBytes: segment.sizeBytes)
    try account(segment.sizeBytes)
  }

  /// The stream so far as a segment. Nothing may follow.
  func finishSegment() throws(ExportError) -> DeflatedSegment {
    stream.flush(into: &output)
    try spill()
    return DeflatedSegment(compressed: compressed, sizeBytes: sizeBytes, adler: adler)
  }

  /// The whole zlib stream. Nothing may follow.
  func finish() throws(ExportError) -> ByteStream {
    stream.finish(into: &output)
    // zlib's checksum leaves the segments out. It is still here: output goes on only in account() and
    // spill().
    output.removeLast(4)
    output += MATFormat.little(adler.byteSwapped)
    try spill()
    return compressed
  }

  private func account(_ count: UInt64) throws(ExportError) {
    sizeBytes += count
    if output.count >= Self.outputBytesMax { try spill() }
    try monitor.advance(Int(count))
  }

  private func spill() throws(ExportError) {
    compressed.append(output[...])
    output.removeAll(keepingCapacity: true)
    try scratched { () throws(SignalError) in try compressed.spill(to: space) }
  }
}
