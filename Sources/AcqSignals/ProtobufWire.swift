/// A cursor over protobuf's wire format. Nested messages narrow `end` and set it back, so that nothing is
/// copied.
struct WireReader {
  let bytes: ArraySlice<UInt8>
  private(set) var offset: Int
  private(set) var end: Int

  enum WireType: UInt8 { case varint, fixed64, length, groupStart, groupEnd, fixed32 }

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    offset = bytes.startIndex
    end = bytes.endIndex
  }

  var isAtEnd: Bool { offset >= end }

  @inline(__always) mutating func readVarint() throws(SignalError) -> UInt64 {
    if offset < end, bytes[offset] < 0x80 {
      offset += 1
      return UInt64(bytes[offset - 1])
    }
    return try readLongVarint()
  }

  private mutating func readLongVarint() throws(SignalError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < end {
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
      guard shift < 70 else { throw SignalError(.malformed, "protobuf: an integer has more than ten bytes") }
    }
    throw Self.truncated
  }

  private static var truncated: SignalError {
    SignalError(.malformed, "protobuf: the message ends too early")
  }

  @inline(__always) mutating func readFixed(_ count: Int) throws(SignalError) -> UInt64 {
    guard count <= end - offset else { throw Self.truncated }
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    offset += count
    return value
  }

  /// Takes a length and that many bytes.
  mutating func readRange() throws(SignalError) -> Range<Int> {
    let count = try readVarint()
    guard count <= UInt64(end - offset) else { throw Self.truncated }
    let start = offset
    offset += Int(count)
    return start..<offset
  }

  /// Narrows the reader to a nested message; returns where it must go on afterwards.
  mutating func enter() throws(SignalError) -> Int {
    let range = try readRange()
    let outer = end
    offset = range.lowerBound
    end = range.upperBound
    return outer
  }

  mutating func leave(to outer: Int) {
    offset = end
    end = outer
  }

  /// Field number and wire type.
  mutating func readTag() throws(SignalError) -> (number: UInt32, wire: WireType) {
    let tag = try readVarint()
    guard let wire = WireType(rawValue: UInt8(tag & 7)) else {
      throw SignalError(.malformed, "protobuf: wire type \(tag & 7) does not exist")
    }
    guard (1...0x1FFF_FFFF).contains(tag >> 3) else {
      throw SignalError(.malformed, "protobuf: field number \(tag >> 3) cannot be")
    }
    return (UInt32(tag >> 3), wire)
  }

  /// Skips the value of a field whose tag was just read. Groups are skipped whole.
  mutating func skip(_ number: UInt32, _ wire: WireType) throws(SignalError) {
    var open: [UInt32] = []
    var current = (number: number, wire: wire)
    while true {
      switch current.wire {
      case .varint: _ = try readVarint()
      case .fixed64: _ = try readFixed(8)
      case .fixed32: _ = try readFixed(4)
      case .length: _ = try readRange()
      case .groupStart:
        guard open.count < SignalLimits.messageDepthMax else {
          throw SignalError(.limit, "protobuf: groups are nested too deep")
        }
        open.append(current.number)
      case .groupEnd:
        guard let last = open.popLast(), last == current.number else {
          throw SignalError(.malformed, "protobuf: a group ends that never began")
        }
      }
      if open.isEmpty { return }
      current = try readTag()
    }
  }

  /// The text in a range; malformed UTF-8 is repaired.
  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
