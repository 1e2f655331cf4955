/// A cursor over one record's body. Every length is checked against what is left before it slices or allocates.
struct FieldReader {
  let bytes: ArraySlice<UInt8>
  private(set) var index: Int
  /// Where the record begins, for errors.
  let recordOffset: UInt64

  init(_ bytes: ArraySlice<UInt8>, recordOffset: UInt64) {
    self.bytes = bytes
    index = bytes.startIndex
    self.recordOffset = recordOffset
  }

  var remaining: Int { bytes.endIndex - index }

  func malformed(_ reason: String) -> MCAPError { MCAPError(.malformed, reason, offset: recordOffset) }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type, _ field: StaticString
  ) throws(MCAPError) -> Value {
    let size = MemoryLayout<Value>.size
    guard remaining >= size else { throw malformed("a record ends inside its field \(field)") }
    defer { index += size }
    return bytes.littleEndian(Value.self, at: index)
  }

  /// `count` bytes, `count` from outside.
  mutating func slice(_ count: UInt64, _ field: StaticString) throws(MCAPError) -> ArraySlice<UInt8> {
    guard count <= UInt64(remaining) else {
      throw malformed("field \(field) claims \(count) bytes, its record has \(remaining) left")
    }
    defer { index += Int(count) }
    return bytes[index..<index + Int(count)]
  }

  mutating func shortBytes(_ field: StaticString) throws(MCAPError) -> ArraySlice<UInt8> {
    try slice(UInt64(try integer(UInt32.self, field)), field)
  }

  mutating func longBytes(_ field: StaticString) throws(MCAPError) -> ArraySlice<UInt8> {
    try slice(try integer(UInt64.self, field), field)
  }

  /// Text. What is not UTF-8 becomes U+FFFD: a wrong letter in a name must not cost a recording's messages.
  mutating func text(_ field: StaticString) throws(MCAPError) -> String {
    String(decoding: try shortBytes(field), as: UTF8.self)
  }

  /// A map or array: its own reader, over exactly the bytes that it claims.
  mutating func nested(_ field: StaticString) throws(MCAPError) -> FieldReader {
    FieldReader(try shortBytes(field), recordOffset: recordOffset)
  }

  mutating func textMap(_ field: StaticString) throws(MCAPError) -> [MetadataField] {
    var map = try nested(field)
    var fields: [MetadataField] = []
    while map.remaining > 0 {
      fields.append(MetadataField(key: try map.text(field), value: try map.text(field)))
    }
    return fields
  }
}
