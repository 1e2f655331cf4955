import AcqCore
import AcqSignals

/// A table's columns as text, one entry a row: `-` absent, a value, or `[value,…]`. As
/// Judges/random_messages.py writes them.
struct TableText {
  private let table: SignalTable

  init(_ table: SignalTable) { self.table = table }

  /// By `path type single|list`.
  func signals() throws -> [String: [String]] {
    var result: [String: [String]] = [:]
    for column in table.columns {
      let shape = column.signal.isRepeated ? "list" : "single"
      result["\(column.signal.dottedPath) \(column.signal.type.name) \(shape)"] = try rows(column)
    }
    return result
  }

  private func rows(_ column: Column) throws -> [String] {
    var elements = try values(column)[...]
    guard column.signal.isRepeated else {
      return Array(repeating: "-", count: column.leadingRowCount) + elements
    }
    var counts = CountReader(column, in: table.space)
    return try counts.read(table.rowCount).map { count in
      defer { elements = elements.dropFirst(Int(count)) }
      return "[" + elements.prefix(Int(count)).joined(separator: ",") + "]"
    }
  }

  private func values(_ column: Column) throws -> [String] {
    var reader = ElementReader(column, in: table.space)
    var variable = VariableReader(column, in: table.space)
    let (bytes, valid) = try reader.read(column.elementCount)
    let width = column.signal.type.widthBytes
    return try (0..<column.elementCount).map { index in
      let word = bytes[index * width..<(index + 1) * width].reversed()
        .reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      let isPresent = valid.isEmpty || valid[index] == 1
      let blob = column.signal.type.isVariable ? try variable.read(Int(word)) : []
      return isPresent ? text(column.signal.type, word, blob) : "-"
    }
  }

  private func text(_ type: SignalType, _ word: UInt64, _ blob: [UInt8]) -> String {
    switch type {
    case .bool, .uint32, .uint64: "\(word)"
    case .int32, .enumeration: "\(Int32(truncatingIfNeeded: word))"
    case .int64: "\(Int64(bitPattern: word))"
    case .float: Hex.encode(ByteOrder.big(UInt32(truncatingIfNeeded: word)))
    case .double: Hex.encode(ByteOrder.big(word))
    case .string, .bytes: "x" + Hex.encode(blob)
    }
  }
}

private enum ByteOrder {
  static func big(_ value: some FixedWidthInteger) -> [UInt8] {
    var writer = ByteWriter()
    writer.writeBigEndian(value)
    return writer.bytes
  }
}

/// Decodes messages of one schema, a second apart from 1 ns on.
func decode(
  _ messages: [[UInt8]], encoding: MessageEncoding, schema: [UInt8],
  space: SpillSpace = SpillSpace(MemoryBytes())
) throws -> SignalTable {
  var table = SignalTable(in: space)
  var decoder = try encoding.makeDecoder(schemaData: schema[...], table: &table)
  for (index, message) in messages.enumerated() {
    // As in a chunk, a message is a part of something longer.
    let chunk = [1, 2, 3] + message + [4]
    try decoder.decode(chunk[3..<3 + message.count], timeNs: UInt64(index) * 1_000_000_000 + 1, into: &table)
  }
  try table.finish()
  return table
}
