import AcqCore

/// The part of a source that is in memory. Records are views of it; moving on never copies.
struct RecordWindow {
  private let source: any ByteSource
  let sizeBytes: UInt64
  private var bytes: [UInt8] = []
  private var base: UInt64 = 0

  init(_ source: any ByteSource) {
    self.source = source
    sizeBytes = source.sizeBytes
  }

  /// Whether loading these bytes means reading the source.
  @inline(__always)
  func needsRefill(at offset: UInt64, count: Int) -> Bool {
    let isInside = offset >= base && offset - base <= UInt64(bytes.count)
    return !isInside || count > bytes.count - Int(offset - base)
  }

  /// `count` bytes from `offset`; nil when the source holds fewer.
  @inline(__always)
  mutating func load(at offset: UInt64, count: Int) throws -> ArraySlice<UInt8>? {
    if needsRefill(at: offset, count: count) {
      guard try refill(at: offset, count: count) else { return nil }
    }
    let start = Int(offset - base)
    return bytes[start..<start + count]
  }

  private mutating func refill(at offset: UInt64, count: Int) throws -> Bool {
    guard offset <= sizeBytes, UInt64(count) <= sizeBytes - offset else { return false }
    // The old window goes first, so that two are never held by us.
    bytes = []
    base = offset
    bytes = try source.read(
      at: offset, count: Int(min(UInt64(max(count, MCAPLimits.windowBytes)), sizeBytes - offset)))
    return bytes.count >= count
  }
}
