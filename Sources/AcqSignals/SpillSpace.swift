public import AcqCore

/// Scratch space shared by the columns of many topics, and the share of memory that each may fill before it
/// spills.
public final class SpillSpace {
  /// Where spilled values go.
  public let scratch: any Scratch
  private let bufferedBytesMax: Int
  private var signalCount = 0

  /// Spills to `scratch`; all columns together buffer about `bufferedBytesMax`.
  public init(_ scratch: any Scratch, bufferedBytesMax: Int = SignalLimits.bufferedBytesMax) {
    self.scratch = scratch
    self.bufferedBytesMax = bufferedBytesMax
  }

  /// Counts one more signal.
  func addSignal() throws(SignalError) {
    guard signalCount < SignalLimits.signalsMax else {
      throw SignalError(.limit, "more than \(SignalLimits.signalsMax) signals at once")
    }
    signalCount += 1
  }

  /// A stream spills when it buffers this much: large enough for cheap writes, small enough for the budget. A
  /// column has up to two streams that grow.
  var streamBytesMax: Int { min(64 << 10, max(512, bufferedBytesMax / 2 / max(signalCount, 1))) }

  func append(_ bytes: ArraySlice<UInt8>) throws(SignalError) -> UInt64 {
    do { return try scratch.append(bytes) } catch { throw SignalError(.scratch, "scratch space: \(error)") }
  }

  func read(at offset: UInt64, count: Int) throws(SignalError) -> [UInt8] {
    let bytes: [UInt8]
    do { bytes = try scratch.read(at: offset, count: count) } catch {
      throw SignalError(.scratch, "scratch space: \(error)")
    }
    guard bytes.count == count else { throw SignalError(.scratch, "scratch space lost bytes at \(offset)") }
    return bytes
  }
}

/// Bytes in order: the older ones in scratch space, the newest in memory.
package struct ByteStream {
  struct Extent {
    let offset: UInt64
    let count: Int
  }
  private(set) var extents: [Extent] = []
  private(set) var buffer: [UInt8] = []
  /// Bytes in all.
  package private(set) var count = 0

  package init() {}

  mutating func append(_ byte: UInt8) {
    buffer.append(byte)
    count += 1
  }

  package mutating func append(_ bytes: ArraySlice<UInt8>) {
    buffer.append(contentsOf: bytes)
    count += bytes.count
  }

  /// The lowest `width` bytes of `bits`, least significant first.
  mutating func append(bits: UInt64, width: Int) {
    var rest = bits
    for _ in 0..<width {
      buffer.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
    count += width
  }

  mutating func append(zeros: Int) {
    buffer.append(contentsOf: repeatElement(0, count: zeros))
    count += zeros
  }

  /// Takes back the last bytes, which have not been spilled since they came.
  mutating func removeLast(_ removed: Int) {
    buffer.removeLast(removed)
    count -= removed
  }

  /// Moves the buffer to scratch space if it is large enough to be worth it.
  package mutating func spill(to space: SpillSpace) throws(SignalError) {
    guard buffer.count >= space.streamBytesMax else { return }
    extents.append(Extent(offset: try space.append(buffer[...]), count: buffer.count))
    // A burst of large values must not keep its memory.
    buffer.removeAll(keepingCapacity: buffer.capacity <= 4 * space.streamBytesMax)
  }
}

/// Reads a stream from its start.
package struct ByteStreamReader {
  /// Enough for cheap reads, little enough for hundreds of open readers.
  private static let pieceBytes = 64 << 10

  private let stream: ByteStream
  private let space: SpillSpace
  private var extent = 0
  private var extentOffset = 0
  private var piece: ArraySlice<UInt8> = []
  private var isBufferTaken = false

  package init(_ stream: ByteStream, in space: SpillSpace) {
    self.stream = stream
    self.space = space
  }

  /// Exactly `count` bytes, appended to `output`.
  package mutating func read(_ count: Int, into output: inout [UInt8]) throws(SignalError) {
    var missing = count
    while missing > 0 {
      if piece.isEmpty { try refill() }
      let part = piece.prefix(missing)
      output.append(contentsOf: part)
      piece = piece.dropFirst(part.count)
      missing -= part.count
    }
  }

  package mutating func read(_ count: Int) throws(SignalError) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(count)
    try read(count, into: &output)
    return output
  }

  private mutating func refill() throws(SignalError) {
    guard extent < stream.extents.count else {
      guard !isBufferTaken, !stream.buffer.isEmpty else {
        preconditionFailure("nobody reads more values than were written")
      }
      isBufferTaken = true
      piece = stream.buffer[...]
      return
    }
    let current = stream.extents[extent]
    let part = min(Self.pieceBytes, current.count - extentOffset)
    piece = try space.read(at: current.offset + UInt64(extentOffset), count: part)[...]
    extentOffset += part
    if extentOffset == current.count {
      extent += 1
      extentOffset = 0
    }
  }
}
