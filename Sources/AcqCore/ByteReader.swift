/// A cursor over bytes from outside. Every read is bounds-checked and throws, never traps.
@frozen public struct ByteReader: Sendable {
  @usableFromInline let bytes: ArraySlice<UInt8>
  /// Bytes read so far.
  public private(set) var offset = 0

  /// Reads from the start of `bytes`.
  public init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }
  /// Reads from the start of `bytes`.
  public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

  /// Bytes not yet read.
  public var remaining: Int { bytes.count - offset }
  /// Whether everything was read.
  public var isAtEnd: Bool { remaining == 0 }

  /// The next `count` bytes.
  public mutating func read(_ count: Int) throws(CoreError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else {
      throw CoreError(.truncated, "\(count) bytes wanted, \(remaining) left", offset: offset)
    }
    let start = bytes.startIndex + offset
    offset += count
    return bytes[start..<start + count]
  }

  /// Everything that is left.
  public mutating func readRest() -> ArraySlice<UInt8> {
    let rest = bytes[(bytes.startIndex + offset)...]
    offset = bytes.count
    return rest
  }

  /// The next byte.
  public mutating func readUInt8() throws(CoreError) -> UInt8 {
    let slice = try read(1)
    return slice[slice.startIndex]
  }

  /// The next integer, most significant byte first.
  public mutating func readBigEndian<Value: FixedWidthInteger>(_: Value.Type) throws(CoreError) -> Value {
    var value: Value = 0
    for byte in try read(Value.bitWidth / 8) { value = value << 8 | Value(truncatingIfNeeded: byte) }
    return value
  }

  /// The next integer, least significant byte first.
  public mutating func readLittleEndian<Value: FixedWidthInteger>(_: Value.Type) throws(CoreError) -> Value {
    try readBigEndian(Value.self).byteSwapped
  }

  /// The next 32 bytes as a digest.
  public mutating func readDigest<Subject>(_: Digest<Subject>.Type) throws(CoreError) -> Digest<Subject> {
    guard let digest = Digest<Subject>(try read(32)) else {
      preconditionFailure("a read of 32 bytes gives 32")
    }
    return digest
  }

  /// The next `count` bytes as text; malformed UTF-8 throws.
  public mutating func readText(_ count: Int) throws(CoreError) -> String {
    let start = offset
    guard let text = String(validating: try read(count), as: UTF8.self) else {
      throw CoreError(.malformed, "text is not UTF-8", offset: start)
    }
    return text
  }

  /// Throws unless everything was read.
  public func expectEnd() throws(CoreError) {
    guard isAtEnd else { throw CoreError(.malformed, "\(remaining) bytes too many", offset: offset) }
  }
}

/// Collects bytes in the order in which they are written.
@frozen public struct ByteWriter: Sendable {
  /// All bytes so far.
  public private(set) var bytes: [UInt8] = []

  /// Empty.
  public init() {}
  /// Empty, with room for `capacity` bytes.
  public init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// One byte.
  public mutating func write(_ byte: UInt8) { bytes.append(byte) }
  /// Bytes as they are.
  public mutating func write(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }
  /// The 32 bytes of a digest.
  public mutating func write<Subject>(_ digest: Digest<Subject>) {
    for index in 0..<32 { bytes.append(digest[index]) }
  }
  /// The UTF-8 bytes of `text`.
  public mutating func write(text: some StringProtocol) { bytes.append(contentsOf: text.utf8) }

  /// An integer, most significant byte first.
  public mutating func writeBigEndian(_ value: some FixedWidthInteger) {
    for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
  /// An integer, least significant byte first.
  public mutating func writeLittleEndian(_ value: some FixedWidthInteger) {
    writeBigEndian(value.byteSwapped)
  }
}
