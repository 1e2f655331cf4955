/// A JSON value whose numbers keep their text, so that 64-bit integers stay exact.
public indirect enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  /// A number as it was written, RFC 8259 §6.
  case number(String)
  case string(String)
  case array([JSON])
  /// Members in the order in which they were written.
  case object([Member])

  /// One name and its value.
  public struct Member: Hashable, Sendable {
    /// The name.
    public let name: String
    /// What stands there.
    public let value: JSON
    /// A member.
    public init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// An object from name–value pairs; pairs whose value is nil are left out.
  public static func members(_ pairs: KeyValuePairs<String, JSON?>) -> JSON {
    .object(pairs.compactMap { pair in pair.value.map { Member(pair.key, $0) } })
  }

  /// A number from any integer.
  public static func integer(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

  /// A number, or null when it is not finite (JSON has no NaN).
  public static func double(_ value: Double) -> JSON { value.isFinite ? .number("\(value)") : .null }

  /// The value of the first member `name`; nil when there is none or this is no object.
  public subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
  /// The element at `index`; nil when there is none or this is no array.
  public subscript(index: Int) -> JSON? {
    guard case .array(let items) = self, items.indices.contains(index) else { return nil }
    return items[index]
  }

  /// The text of a string.
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The value of a Boolean.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The elements of an array.
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  /// The members of an object.
  public var object: [Member]? { if case .object(let value) = self { value } else { nil } }
  /// An integer that fits 64 signed bits; nil for fractions and exponents.
  public var int64: Int64? { if case .number(let text) = self { Int64(text) } else { nil } }
  /// An integer that fits 64 unsigned bits.
  public var uint64: UInt64? { if case .number(let text) = self { UInt64(text) } else { nil } }
  /// Any number, rounded to a double.
  public var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }
}

// MARK: - Writing

extension JSON {
  /// Compact text: no spaces, members in their order, control characters escaped.
  public var text: String {
    var writer: [UInt8] = []
    write(to: &writer)
    return String(decoding: writer, as: UTF8.self)
  }

  /// As `text`, in UTF-8.
  public var utf8: [UInt8] {
    var writer: [UInt8] = []
    write(to: &writer)
    return writer
  }

  private func write(to output: inout [UInt8]) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let text): output.append(contentsOf: text.utf8)
    case .string(let text): Self.write(text, to: &output)
    case .array(let items):
      output.append(UInt8(ascii: "["))
      for (index, item) in items.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        item.write(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        Self.write(member.name, to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.write(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): output.append(contentsOf: #"\""#.utf8)
      case UInt8(ascii: "\\"): output.append(contentsOf: #"\\"#.utf8)
      case 0x0A: output.append(contentsOf: #"\n"#.utf8)
      case 0x0D: output.append(contentsOf: #"\r"#.utf8)
      case 0x09: output.append(contentsOf: #"\t"#.utf8)
      case 0..<0x20, 0x7F: output.append(contentsOf: #"\u00"#.utf8 + Array(Hex.encode([byte]).utf8))
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
