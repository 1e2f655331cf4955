extension JSON {
  /// Parses exactly one value (RFC 8259) that fills `bytes`; errors give the byte offset. Duplicate names are kept.
  public init(parsing bytes: some Collection<UInt8>) throws(CoreError) {
    var parser = JSONParser(bytes: Array(bytes))
    self = try parser.parse()
  }

  /// Parses text; see `init(parsing:)` for bytes.
  public init(parsing text: String) throws(CoreError) { try self.init(parsing: Array(text.utf8)) }
}

private struct JSONParser {
  let bytes: [UInt8]
  var offset = 0

  mutating func parse() throws(CoreError) -> JSON {
    let value = try parseValue(depth: 0)
    skipSpace()
    guard offset == bytes.count else { throw error("text after the value") }
    return value
  }

  private func error(_ reason: String) -> CoreError {
    CoreError(.malformed, "JSON: \(reason)", offset: offset)
  }

  private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func parseValue(depth: Int) throws(CoreError) -> JSON {
    guard depth < Limits.nestingMax else {
      throw CoreError(.limit, "JSON: nested deeper than \(Limits.nestingMax)", offset: offset)
    }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try parseObject(depth: depth)
    case UInt8(ascii: "["): return try parseArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    case nil: throw CoreError(.truncated, "JSON: a value is missing", offset: offset)
    default: return try parseNumber()
    }
  }

  private mutating func parseWord(_ word: String, _ value: JSON) throws(CoreError) -> JSON {
    guard bytes[offset...].starts(with: word.utf8) else { throw error("\(word) is misspelt") }
    offset += word.utf8.count
    return value
  }

  private mutating func parseObject(depth: Int) throws(CoreError) -> JSON {
    var members: [JSON.Member] = []
    offset += 1
    skipSpace()
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw error("a member's name is missing") }
      let name = try parseString()
      skipSpace()
      guard take(":") else { throw error("a colon is missing") }
      members.append(JSON.Member(name, try parseValue(depth: depth + 1)))
      skipSpace()
    } while take(",")
    guard take("}") else { throw error("a comma or } is missing") }
    return .object(members)
  }

  private mutating func parseArray(depth: Int) throws(CoreError) -> JSON {
    var items: [JSON] = []
    offset += 1
    skipSpace()
    if take("]") { return .array(items) }
    repeat {
      items.append(try parseValue(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw error("a comma or ] is missing") }
    return .array(items)
  }

  private mutating func parseNumber() throws(CoreError) -> JSON {
    let start = offset
    _ = take("-")
    let whole = takeDigits()
    guard whole > 0 else { throw error("a value is missing") }
    guard whole == 1 || bytes[offset - whole] != UInt8(ascii: "0") else {
      throw error("a number begins with 0")
    }
    if take(".") {
      guard takeDigits() > 0 else { throw error("digits are missing after the point") }
    }
    if take("e") || take("E") {
      if !take("-") { _ = take("+") }
      guard takeDigits() > 0 else { throw error("digits are missing in the exponent") }
    }
    return .number(String(decoding: bytes[start..<offset], as: UTF8.self))
  }

  private mutating func takeDigits() -> Int {
    let start = offset
    while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
    return offset - start
  }

  private mutating func parseString() throws(CoreError) -> String {
    offset += 1
    var text: [UInt8] = []
    while let byte = current {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else { throw error("text is not UTF-8") }
        return string
      case UInt8(ascii: "\\"): text.append(contentsOf: try parseEscape())
      case 0..<0x20: throw error("a control character stands in a string")
      default: text.append(byte)
      }
    }
    throw CoreError(.truncated, "JSON: a string has no end", offset: offset)
  }

  private mutating func parseEscape() throws(CoreError) -> [UInt8] {
    guard let byte = current else {
      throw CoreError(.truncated, "JSON: an escape has no end", offset: offset)
    }
    offset += 1
    switch byte {
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "u"): return Array(String(try parseScalar()).utf8)
    default: throw error("an unknown escape")
    }
  }

  private mutating func parseScalar() throws(CoreError) -> Character {
    var value = UInt32(try parseUnit())
    if (0xD800..<0xDC00).contains(value) {
      guard take("\\"), take("u") else { throw error("half of a surrogate pair") }
      let low = UInt32(try parseUnit())
      guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair") }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw error("half of a surrogate pair") }
    return Character(scalar)
  }

  private mutating func parseUnit() throws(CoreError) -> UInt16 {
    guard offset + 4 <= bytes.count,
      let digits = Hex.decode(String(decoding: bytes[offset..<offset + 4], as: UTF8.self))
    else { throw error("four hexadecimal digits are missing") }
    offset += 4
    return UInt16(digits[0]) << 8 | UInt16(digits[1])
  }
}
