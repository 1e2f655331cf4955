// ⚠ The only unsafe expression of this room.

extension ArraySlice<UInt8> {
  /// The integer whose least significant byte is at `index`. The caller has checked that it lies inside; if not,
  /// this traps and never reads outside.
  @inline(__always)
  func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type, at index: Int) -> Value {
    // SAFETY: the load is bounds-checked against the span, which borrows our buffer for this expression, and every
    // pattern of bits is an integer.
    let value = unsafe span.bytes.unsafeLoadUnaligned(fromByteOffset: index - startIndex, as: Value.self)
    return Value(littleEndian: value)
  }
}

extension [UInt8] {
  /// Appends an integer, least significant byte first.
  @inline(__always)
  mutating func append(littleEndian value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
