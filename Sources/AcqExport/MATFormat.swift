/// The bytes of MAT-file version 5 ("MAT-File Format", MathWorks), little-endian.
package enum MATFormat {
  /// A variable must stay below this, its tag included: readers count in signed 32 bits.
  package static let variableBytesMax: UInt64 = 1 << 31 - 1
  /// Every file begins with this many bytes.
  static let headerBytes = 128
  /// Names of fields are stored this wide, the closing zero included.
  static let fieldNameBytes = 64

  /// mxArray classes.
  enum Class: UInt32 {
    case cell = 1
    case structure = 2
    case char = 4
    case double = 6
    case single = 7
    case uint8 = 9
    case int32 = 12
    case uint32 = 13
    case int64 = 14
    case uint64 = 15
  }

  /// Types of data elements.
  enum DataType: UInt32 {
    case int8 = 1
    case uint8 = 2
    case int32 = 5
    case uint32 = 6
    case single = 7
    case double = 9
    case int64 = 12
    case uint64 = 13
    case matrix = 14
    case compressed = 15
    case utf8 = 16
    case utf16 = 17
    case utf32 = 18
  }

  /// No date in the text: the same request gives the same bytes.
  static var header: [UInt8] {
    let text = "MATLAB 5.0 MAT-file, written by acqd"
    var bytes = Array(text.utf8) + Array(repeating: UInt8(ascii: " "), count: 116 - text.utf8.count)
    bytes += [UInt8](repeating: 0, count: 8)
    return bytes + [0x00, 0x01, UInt8(ascii: "I"), UInt8(ascii: "M")]
  }

  static func little(_ value: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  static func little(_ value: UInt64) -> [UInt8] {
    stride(from: 0, to: UInt64(64), by: 8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  // MARK: Elements

  /// Tag of an element of `count` bytes, whose data and padding follow; up to four bytes share the tag's
  /// eight.
  static func tag(_ type: DataType, _ count: UInt64) -> [UInt8] {
    let size = UInt32(truncatingIfNeeded: count)
    return (1...4).contains(count) ? little(size << 16 | type.rawValue) : little(type.rawValue) + little(size)
  }

  /// Zeros that follow `count` bytes of data.
  static func padding(_ count: UInt64) -> Int {
    (1...4).contains(count) ? 4 - Int(count) : Int((8 - count % 8) % 8)
  }

  static func element(_ type: DataType, _ data: [UInt8]) -> [UInt8] {
    let count = UInt64(data.count)
    return tag(type, count) + data + [UInt8](repeating: 0, count: padding(count))
  }

  /// What an element of `count` bytes takes.
  static func elementSize(_ count: UInt64) -> UInt64 {
    (1...4).contains(count) ? 8 : count.addingSaturated(UInt64(8 + padding(count)))
  }

  // MARK: Arrays

  /// Everything of an array before its data: tag, flags, two dimensions, name. `bodyBytes` is what follows.
  static func arrayHead(
    _ kind: Class, rows: UInt64, columns: UInt64, name: String = "", isLogical: Bool = false,
    bodyBytes: UInt64
  ) -> [UInt8] {
    let flags = kind.rawValue | (isLogical ? 0x200 : 0)
    let dimensions = little(UInt32(truncatingIfNeeded: rows)) + little(UInt32(truncatingIfNeeded: columns))
    let inner =
      element(.uint32, little(flags) + little(UInt32(0))) + element(.int32, dimensions)
      + element(.int8, Array(name.utf8))
    return tag(.matrix, UInt64(inner.count) + bodyBytes) + inner
  }

  /// What `arrayHead` takes.
  static func arrayHeadSize(name: String = "") -> UInt64 { 40 + elementSize(UInt64(name.utf8.count)) }

  /// What a numeric array takes in all.
  static func numericSize(rows: UInt64, columns: UInt64, widthBytes: Int) -> UInt64 {
    let data = rows.multipliedSaturated(columns).multipliedSaturated(UInt64(widthBytes))
    return elementSize(data).addingSaturated(arrayHeadSize())
  }

  /// The names of a structure's fields, which stand before their values.
  static func fieldNames(_ names: [String]) -> [UInt8] {
    var table: [UInt8] = []
    for name in names {
      table += Array(name.utf8)
      table += [UInt8](repeating: 0, count: fieldNameBytes - name.utf8.count)
    }
    return element(.int32, little(UInt32(fieldNameBytes))) + element(.int8, table)
  }

  /// What `fieldNames` takes.
  static func fieldNamesSize(_ count: Int) -> UInt64 { 8 + elementSize(UInt64(count * fieldNameBytes)) }

  /// A row of characters. ASCII as MATLAB writes it; UTF-16 where two bytes a character suffice; else UTF-32,
  /// because readers count characters and not halves of pairs.
  static func text(_ utf8: ArraySlice<UInt8>) -> [UInt8] {
    if utf8.allSatisfy({ $0 < 0x80 }) { return charArray(.utf8, count: utf8.count, Array(utf8)) }
    let scalars = String(decoding: utf8, as: UTF8.self).unicodeScalars
    let isWide = scalars.contains { $0.value > 0xFFFF }
    var data: [UInt8] = []
    for scalar in scalars { data += little(scalar.value).prefix(isWide ? 4 : 2) }
    return charArray(isWide ? .utf32 : .utf16, count: scalars.count, data)
  }

  /// What `text` takes.
  static func textSize(_ utf8: ArraySlice<UInt8>) -> UInt64 {
    let isASCII = utf8.allSatisfy { $0 < 0x80 }
    return isASCII ? arrayHeadSize() + elementSize(UInt64(utf8.count)) : UInt64(text(utf8).count)
  }

  private static func charArray(_ type: DataType, count: Int, _ data: [UInt8]) -> [UInt8] {
    let element = element(type, data)
    let head = arrayHead(
      .char, rows: count == 0 ? 0 : 1, columns: UInt64(count), bodyBytes: UInt64(element.count))
    return head + element
  }

  /// A row of raw bytes.
  static func bytes(_ data: ArraySlice<UInt8>) -> [UInt8] {
    let element = element(.uint8, Array(data))
    let head = arrayHead(
      .uint8, rows: data.isEmpty ? 0 : 1, columns: UInt64(data.count), bodyBytes: UInt64(element.count))
    return head + element
  }
}

/// Sizes are predicted from counts in recordings: what does not fit 64 bits does not fit a variable either.
extension UInt64 {
  func addingSaturated(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  func multipliedSaturated(_ other: UInt64) -> UInt64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}

extension MATFormat {
  /// Head of a numeric array and the tag of its data, which follow with `zeros(after:)` behind them.
  static func numericHead(
    _ kind: Class, _ type: DataType, rows: UInt64, columns: UInt64, widthBytes: Int, isLogical: Bool = false
  ) -> [UInt8] {
    let count = rows * columns * UInt64(widthBytes)
    let head = arrayHead(
      kind, rows: rows, columns: columns, isLogical: isLogical, bodyBytes: elementSize(count))
    return head + tag(type, count)
  }

  /// Padding as bytes.
  static func zeros(after count: UInt64) -> [UInt8] { [UInt8](repeating: 0, count: padding(count)) }
}

extension [UInt8] {
  mutating func append(littleEndian value: UInt64) {
    var rest = value
    for _ in 0..<8 {
      append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }
}
