package import AcqCore

/// A BSON value (bsonspec.org 1.1), of the types that we write; others that a server answers with stay bytes. Kept
/// here rather than in libbson's structs: those are 128-byte aligned, which Swift does not honour, and a value can be
/// compared, made without the library, and read with bounds checked.
package enum BSON: Equatable, Sendable {
  case double(Double)
  case string(String)
  case document(BSONDocument)
  case array([BSON])
  case bool(Bool)
  case null
  case int32(Int32)
  case int64(Int64)
  /// A value of a type that we neither write nor look into.
  case other(type: UInt8, bytes: [UInt8])

  /// The text of a string.
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The document.
  package var document: BSONDocument? { if case .document(let value) = self { value } else { nil } }
  /// The elements of an array.
  package var array: [BSON]? { if case .array(let value) = self { value } else { nil } }
  /// The value of a Boolean.
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// A whole number of any width.
  package var int64: Int64? {
    switch self {
    case .int32(let value): Int64(value)
    case .int64(let value): value
    case .double(let value): Int64(exactly: value)
    case .string, .document, .array, .bool, .null, .other: nil
    }
  }
}

/// Names and values in their order, which is part of a sort, an index and a command.
package struct BSONDocument: Equatable, Sendable, ExpressibleByDictionaryLiteral {
  /// One name and its value.
  package struct Field: Equatable, Sendable {
    package let name: String
    package let value: BSON
  }

  /// In their order.
  package private(set) var fields: [Field] = []

  /// Empty.
  package init() {}
  /// In the order of the literal.
  package init(dictionaryLiteral elements: (String, BSON)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// The first value named so. Setting replaces it or adds it at the end.
  package subscript(name: String) -> BSON? {
    get { fields.first { $0.name == name }?.value }
    set {
      let index = fields.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let value?): fields[index] = Field(name: name, value: value)
      case (nil, let value?): fields.append(Field(name: name, value: value))
      case (let index?, nil): fields.remove(at: index)
      case (nil, nil): break
      }
    }
  }
}

// MARK: - Writing

extension BSONDocument {
  /// The document's bytes.
  package var encoded: [UInt8] {
    var writer: [UInt8] = []
    write(to: &writer)
    return writer
  }

  fileprivate func write(to output: inout [UInt8]) {
    BSON.writeFields(of: fields.lazy.map { ($0.name, $0.value) }, to: &output)
  }
}

extension BSON {
  fileprivate static func writeFields(of fields: some Sequence<(String, BSON)>, to output: inout [UInt8]) {
    let start = output.count
    output.append(contentsOf: [0, 0, 0, 0])
    for (name, value) in fields {
      output.append(value.type)
      precondition(!name.utf8.contains(0), "names in our documents are constants")
      output.append(contentsOf: name.utf8)
      output.append(0)
      value.write(to: &output)
    }
    output.append(0)
    let length = Int32(output.count - start)
    for byte in 0..<4 { output[start + byte] = UInt8(truncatingIfNeeded: length >> Int32(8 * byte)) }
  }

  private var type: UInt8 {
    switch self {
    case .double: 0x01
    case .string: 0x02
    case .document: 0x03
    case .array: 0x04
    case .bool: 0x08
    case .null: 0x0A
    case .int32: 0x10
    case .int64: 0x12
    case .other(let type, _): type
    }
  }

  private func write(to output: inout [UInt8]) {
    switch self {
    case .double(let value): Self.write(value.bitPattern, to: &output)
    case .string(let text):
      Self.write(Int32(text.utf8.count + 1), to: &output)
      output.append(contentsOf: text.utf8)
      output.append(0)
    case .document(let document): document.write(to: &output)
    case .array(let items):
      Self.writeFields(of: items.lazy.enumerated().map { (String($0.offset), $0.element) }, to: &output)
    case .bool(let value): output.append(value ? 1 : 0)
    case .null: break
    case .int32(let value): Self.write(value, to: &output)
    case .int64(let value): Self.write(value, to: &output)
    case .other(_, let bytes): output.append(contentsOf: bytes)
    }
  }

  private static func write(_ value: some FixedWidthInteger, to output: inout [UInt8]) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      output.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

// MARK: - Reading

extension BSONDocument {
  /// Reads exactly one document that fills `bytes`.
  package init(decoding bytes: ArraySlice<UInt8>) throws(CoreError) {
    var reader = ByteReader(bytes)
    self = try BSON.readDocument(&reader, depth: 0)
    try reader.expectEnd()
  }

  /// Reads exactly one document that fills `bytes`.
  package init(decoding bytes: [UInt8]) throws(CoreError) { try self.init(decoding: bytes[...]) }

  fileprivate init(_ fields: [Field]) { self.fields = fields }
}

extension BSON {
  fileprivate static func readDocument(_ reader: inout ByteReader, depth: Int) throws(CoreError)
    -> BSONDocument
  {
    guard depth < Limits.nestingMax else {
      throw CoreError(.limit, "BSON: nested deeper than \(Limits.nestingMax)", offset: reader.offset)
    }
    let length = try reader.readLittleEndian(Int32.self)
    guard length >= 5 else { throw CoreError(.malformed, "BSON: length \(length)", offset: reader.offset) }
    var body = ByteReader(try reader.read(Int(length) - 4))
    var fields: [BSONDocument.Field] = []
    while true {
      let type = try body.readUInt8()
      guard type != 0 else { break }
      let name = try readName(&body)
      fields.append(BSONDocument.Field(name: name, value: try read(type, &body, depth: depth)))
    }
    try body.expectEnd()
    return BSONDocument(fields)
  }

  private static func readName(_ reader: inout ByteReader) throws(CoreError) -> String {
    var bytes: [UInt8] = []
    let start = reader.offset
    while true {
      let byte = try reader.readUInt8()
      guard byte != 0 else { break }
      bytes.append(byte)
    }
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw CoreError(.malformed, "BSON: a name is not UTF-8", offset: start)
    }
    return name
  }

  private static func read(_ type: UInt8, _ reader: inout ByteReader, depth: Int) throws(CoreError) -> BSON {
    switch type {
    case 0x01: return .double(Double(bitPattern: try reader.readLittleEndian(UInt64.self)))
    case 0x02: return .string(try readString(&reader))
    case 0x03: return .document(try readDocument(&reader, depth: depth + 1))
    case 0x04: return .array(try readDocument(&reader, depth: depth + 1).fields.map(\.value))
    case 0x08: return .bool(try reader.readUInt8() != 0)
    case 0x0A: return .null
    case 0x10: return .int32(try reader.readLittleEndian(Int32.self))
    case 0x12: return .int64(try reader.readLittleEndian(Int64.self))
    default: return .other(type: type, bytes: try readOther(type, &reader))
    }
  }

  private static func readString(_ reader: inout ByteReader) throws(CoreError) -> String {
    let length = try reader.readLittleEndian(Int32.self)
    guard length >= 1 else {
      throw CoreError(.malformed, "BSON: string length \(length)", offset: reader.offset)
    }
    let text = try reader.readText(Int(length) - 1)
    guard try reader.readUInt8() == 0 else {
      throw CoreError(.malformed, "BSON: a string does not end", offset: reader.offset)
    }
    return text
  }

  /// The types that servers use in answers: binary, ObjectId, date, regular expression, timestamp, Decimal128, keys.
  private static func readOther(_ type: UInt8, _ reader: inout ByteReader) throws(CoreError) -> [UInt8] {
    switch type {
    case 0x05:
      let length = try reader.readLittleEndian(Int32.self)
      guard length >= 0 else {
        throw CoreError(.malformed, "BSON: binary length \(length)", offset: reader.offset)
      }
      var bytes: [UInt8] = []
      write(length, to: &bytes)
      return bytes + (try reader.read(Int(length) + 1))
    case 0x06, 0x7F, 0xFF: return []
    case 0x07: return Array(try reader.read(12))
    case 0x09, 0x11: return Array(try reader.read(8))
    case 0x0B: return Array(try readName(&reader).utf8) + [0] + Array(try readName(&reader).utf8) + [0]
    case 0x13: return Array(try reader.read(16))
    default: throw CoreError(.malformed, "BSON: type \(type) is not known", offset: reader.offset)
    }
  }
}
