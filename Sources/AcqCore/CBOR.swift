/// A value of deterministic CBOR (RFC 8949 §4.2.1): what statement bodies are made of.
public indirect enum CBOR: Hashable, Sendable {
  case unsigned(UInt64)
  /// −1 − n, as CBOR writes negative integers.
  case negative(UInt64)
  case bytes([UInt8])
  case text(String)
  case array([CBOR])
  /// Pairs in canonical order: by the bytes of the encoded key.
  case map([Pair])
  case bool(Bool)
  case null

  /// One entry of a map.
  public struct Pair: Hashable, Sendable {
    /// The key.
    public let key: CBOR
    /// What stands there.
    public let value: CBOR
    /// An entry.
    public init(_ key: CBOR, _ value: CBOR) {
      self.key = key
      self.value = value
    }
  }

  /// A map with unsigned integer keys; pairs whose value is nil are left out.
  public static func numbered(_ pairs: KeyValuePairs<UInt64, CBOR?>) -> CBOR {
    .map(pairs.compactMap { pair in pair.value.map { Pair(.unsigned(pair.key), $0) } }.sortedCanonically())
  }

  /// A map with text keys.
  public static func named(_ fields: [String: CBOR]) -> CBOR {
    .map(fields.map { Pair(.text($0.key), $0.value) }.sortedCanonically())
  }

  /// What a map has under an integer key; nil without it, or when this is no map.
  public subscript(key: UInt64) -> CBOR? {
    guard case .map(let pairs) = self else { return nil }
    return pairs.first { $0.key == .unsigned(key) }?.value
  }

  /// An integer of either sign that fits; nil otherwise.
  public static func integer(_ value: Int64) -> CBOR {
    value < 0 ? .negative(UInt64(bitPattern: ~value)) : .unsigned(UInt64(value))
  }

  /// The integer, when this is one that fits.
  public var integer: Int64? {
    switch self {
    case .unsigned(let value): Int64(exactly: value)
    case .negative(let value): value > UInt64(Int64.max) ? nil : ~Int64(value)
    default: nil
    }
  }
  /// The unsigned integer, when this is one.
  public var unsigned: UInt64? { if case .unsigned(let value) = self { value } else { nil } }
  /// The byte string, when this is one.
  public var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
  /// The text, when this is one.
  public var text: String? { if case .text(let value) = self { value } else { nil } }
}

extension [CBOR.Pair] {
  fileprivate func sortedCanonically() -> [CBOR.Pair] {
    map { (order: $0.key.encoded, pair: $0) }
      .sorted { $0.order.lexicographicallyPrecedes($1.order) }.map(\.pair)
  }
}

// MARK: - Encoding

extension CBOR {
  /// The one canonical encoding.
  public var encoded: [UInt8] {
    var writer = ByteWriter()
    write(to: &writer)
    return writer.bytes
  }

  private func write(to writer: inout ByteWriter) {
    switch self {
    case .unsigned(let value): Self.writeHead(0, value, to: &writer)
    case .negative(let value): Self.writeHead(1, value, to: &writer)
    case .bytes(let bytes):
      Self.writeHead(2, UInt64(bytes.count), to: &writer)
      writer.write(bytes)
    case .text(let text):
      Self.writeHead(3, UInt64(text.utf8.count), to: &writer)
      writer.write(text: text)
    case .array(let items):
      Self.writeHead(4, UInt64(items.count), to: &writer)
      for item in items { item.write(to: &writer) }
    case .map(let pairs):
      Self.writeHead(5, UInt64(pairs.count), to: &writer)
      for pair in pairs {
        pair.key.write(to: &writer)
        pair.value.write(to: &writer)
      }
    case .bool(let value): writer.write(value ? 0xF5 : 0xF4)
    case .null: writer.write(0xF6)
    }
  }

  private static func writeHead(_ major: UInt8, _ value: UInt64, to writer: inout ByteWriter) {
    let high = major << 5
    switch value {
    case 0..<24: writer.write(high | UInt8(value))
    case 24...0xFF:
      writer.write(high | 24)
      writer.write(UInt8(value))
    case 0x100...0xFFFF:
      writer.write(high | 25)
      writer.writeBigEndian(UInt16(value))
    case 0x1_0000...0xFFFF_FFFF:
      writer.write(high | 26)
      writer.writeBigEndian(UInt32(value))
    default:
      writer.write(high | 27)
      writer.writeBigEndian(value)
    }
  }
}

// MARK: - Decoding

extension CBOR {
  /// Decodes exactly one value that fills `bytes`; anything not canonical throws.
  public init(decoding bytes: some Collection<UInt8>) throws(CoreError) {
    var reader = ByteReader(Array(bytes))
    self = try Self.read(from: &reader, depth: 0)
    try reader.expectEnd()
  }

  private static func read(from reader: inout ByteReader, depth: Int) throws(CoreError) -> CBOR {
    guard depth < Limits.nestingMax else {
      throw CoreError(.limit, "CBOR nested deeper than \(Limits.nestingMax)", offset: reader.offset)
    }
    let start = reader.offset
    let head = try reader.readUInt8()
    if head >= 0xE0 { return try simple(head, offset: start) }
    let argument = try readArgument(head & 31, from: &reader)
    switch head >> 5 {
    case 0: return .unsigned(argument)
    case 1: return .negative(argument)
    case 2: return .bytes(Array(try reader.read(try count(argument, in: reader))))
    case 3: return .text(try reader.readText(try count(argument, in: reader)))
    case 4: return try readArray(try count(argument, in: reader), from: &reader, depth: depth)
    case 5: return try readMap(try count(argument, in: reader), from: &reader, depth: depth)
    default: throw CoreError(.malformed, "CBOR tags are not used", offset: start)
    }
  }

  private static func simple(_ head: UInt8, offset: Int) throws(CoreError) -> CBOR {
    switch head {
    case 0xF4: return .bool(false)
    case 0xF5: return .bool(true)
    case 0xF6: return .null
    default: throw CoreError(.malformed, "CBOR simple value \(head & 31) is not used", offset: offset)
    }
  }

  private static func readArgument(_ info: UInt8, from reader: inout ByteReader) throws(CoreError) -> UInt64 {
    let start = reader.offset
    let value: UInt64
    let least: UInt64
    switch info {
    case 0..<24: return UInt64(info)
    case 24: (value, least) = (UInt64(try reader.readUInt8()), 24)
    case 25: (value, least) = (UInt64(try reader.readBigEndian(UInt16.self)), 0x100)
    case 26: (value, least) = (UInt64(try reader.readBigEndian(UInt32.self)), 0x1_0000)
    case 27: (value, least) = (try reader.readBigEndian(UInt64.self), 0x1_0000_0000)
    default: throw CoreError(.malformed, "CBOR of unknown length is not used", offset: start)
    }
    guard value >= least else { throw CoreError(.malformed, "CBOR integer is not shortest", offset: start) }
    return value
  }

  /// Every item takes at least a byte, so a count over what is left is a lie.
  private static func count(_ argument: UInt64, in reader: ByteReader) throws(CoreError) -> Int {
    guard argument <= UInt64(reader.remaining) else {
      throw CoreError(
        .truncated, "CBOR claims \(argument) items, \(reader.remaining) bytes left", offset: reader.offset)
    }
    return Int(argument)
  }

  private static func readArray(
    _ count: Int, from reader: inout ByteReader, depth: Int
  ) throws(CoreError) -> CBOR {
    var items: [CBOR] = []
    for _ in 0..<count { items.append(try read(from: &reader, depth: depth + 1)) }
    return .array(items)
  }

  private static func readMap(
    _ count: Int, from reader: inout ByteReader, depth: Int
  ) throws(CoreError) -> CBOR {
    var pairs: [Pair] = []
    var previous: [UInt8] = []
    for index in 0..<count {
      let start = reader.offset
      let key = try read(from: &reader, depth: depth + 1)
      let order = key.encoded
      guard index == 0 || previous.lexicographicallyPrecedes(order) else {
        throw CoreError(.malformed, "CBOR map keys are not ascending", offset: start)
      }
      previous = order
      pairs.append(Pair(key, try read(from: &reader, depth: depth + 1)))
    }
    return .map(pairs)
  }
}
