/// Bytes that can be read at any offset: a file, a part of one, or memory. The pure rooms read only through this.
public protocol ByteSource {
  /// Number of bytes; may grow while an open recording is read.
  var sizeBytes: UInt64 { get }
  /// Up to `count` bytes from `offset`; fewer only at the end, none past it. Throws what the medium throws.
  func read(at offset: UInt64, count: Int) throws -> [UInt8]
}

/// Somewhere bytes go in order.
public protocol ByteSink {
  /// Appends `bytes`. Throws what the medium throws; after an error nothing more is written.
  mutating func write(_ bytes: ArraySlice<UInt8>) throws
}

extension ByteSink {
  /// Appends a whole array.
  @inlinable public mutating func write(_ bytes: [UInt8]) throws { try write(bytes[...]) }
}

/// Temporary space outside memory: what was appended can be read back. Gone with its last reference.
public protocol Scratch: AnyObject, ByteSource {
  /// Appends `bytes` and returns the offset at which they begin.
  func append(_ bytes: ArraySlice<UInt8>) throws -> UInt64
}

/// Bytes in memory, as source, sink and scratch: for tests and small things.
public final class MemoryBytes: Scratch, ByteSink {
  /// All bytes.
  public private(set) var bytes: [UInt8]

  /// Holds `bytes`.
  public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  /// Number of bytes.
  public var sizeBytes: UInt64 { UInt64(bytes.count) }

  /// As `ByteSource`.
  public func read(at offset: UInt64, count: Int) -> [UInt8] {
    guard offset < sizeBytes, count > 0 else { return [] }
    let start = Int(offset)
    return Array(bytes[start..<min(bytes.count, start + min(count, bytes.count - start))])
  }

  /// As `Scratch`.
  public func append(_ more: ArraySlice<UInt8>) -> UInt64 {
    defer { bytes.append(contentsOf: more) }
    return sizeBytes
  }

  /// As `ByteSink`.
  public func write(_ more: ArraySlice<UInt8>) { bytes.append(contentsOf: more) }
}
