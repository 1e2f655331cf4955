/// Encodes messages of protocol buffers; zero is left out, as proto3 asks.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func tag(_ number: Int, _ wireType: UInt64) { varint(UInt64(number) << 3 | wireType) }

  private mutating func fixed(_ value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  mutating func unsigned(_ number: Int, _ value: UInt64) {
    guard value != 0 else { return }
    tag(number, 0)
    varint(value)
  }

  /// A sint32 or sint64.
  mutating func zigzag(_ number: Int, _ value: Int64) {
    unsigned(number, UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  mutating func bool(_ number: Int, _ value: Bool) { unsigned(number, value ? 1 : 0) }

  mutating func double(_ number: Int, _ value: Double) {
    guard value != 0 else { return }
    tag(number, 1)
    fixed(value.bitPattern)
  }

  mutating func float(_ number: Int, _ value: Double) {
    guard Float(value) != 0 else { return }
    tag(number, 5)
    fixed(Float(value).bitPattern)
  }

  mutating func floats(_ number: Int, _ values: [Double]) {
    guard !values.isEmpty else { return }
    tag(number, 2)
    varint(UInt64(values.count * 4))
    for value in values { fixed(Float(value).bitPattern) }
  }

  mutating func text(_ number: Int, _ value: String) {
    guard !value.isEmpty else { return }
    tag(number, 2)
    varint(UInt64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  /// A nested message; also when it is empty.
  mutating func message(_ number: Int, _ write: (inout ProtobufWriter) -> Void) {
    var nested = ProtobufWriter()
    write(&nested)
    tag(number, 2)
    varint(UInt64(nested.bytes.count))
    bytes.append(contentsOf: nested.bytes)
  }
}
