/// Takes records one by one from the unpacked bytes of a chunk.
struct RecordWalk {
  let bytes: ArraySlice<UInt8>
  private(set) var index: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  /// A record: its opcode and where its body is in `bytes`.
  struct Frame {
    let opcode: UInt8
    let body: Range<Int>
  }

  /// The next whole record; nil at the end, or where no whole record follows.
  @inline(__always)
  mutating func next() -> Frame? {
    guard bytes.endIndex - index >= frameBytes else { return nil }
    let opcode = bytes[index]
    let length = bytes.littleEndian(UInt64.self, at: index + 1)
    let start = index + frameBytes
    guard opcode != 0, length <= UInt64(bytes.endIndex - start) else { return nil }
    index = start + Int(length)
    return Frame(opcode: opcode, body: start..<index)
  }

  /// Whether every byte was taken.
  var isAtEnd: Bool { index == bytes.endIndex }
}
