/// A small value of a MAT file, built in memory: for what describes the recording.
indirect enum MATValue {
  case text(String)
  case double(Double)
  case uint64(UInt64)
  /// A column of integers.
  case int32s([Int32])
  /// A column of cells.
  case texts([String])
  /// A column of doubles.
  case doubles([Double])
  /// Fields in their order.
  case structure([(name: String, value: MATValue)])

  /// The whole array, under `name` if it is a variable.
  func encoded(name: String = "") -> [UInt8] {
    switch self {
    case .text(let text): return MATFormat.text(Array(text.utf8)[...])
    case .double(let value): return Self.numeric(.double, .double, [value].map(\.bitPattern), 8)
    case .doubles(let values): return Self.numeric(.double, .double, values.map(\.bitPattern), 8)
    case .uint64(let value): return Self.numeric(.uint64, .uint64, [value], 8)
    case .int32s(let values):
      return Self.numeric(.int32, .int32, values.map { UInt64(UInt32(bitPattern: $0)) }, 4)
    case .texts(let texts):
      let cells = texts.flatMap { MATFormat.text(Array($0.utf8)[...]) }
      return MATFormat.arrayHead(
        .cell, rows: UInt64(texts.count), columns: 1, name: name, bodyBytes: UInt64(cells.count)) + cells
    case .structure(let fields):
      let body = MATFormat.fieldNames(fields.map(\.name)) + fields.flatMap { $0.value.encoded() }
      return MATFormat.arrayHead(.structure, rows: 1, columns: 1, name: name, bodyBytes: UInt64(body.count))
        + body
    }
  }

  private static func numeric(
    _ kind: MATFormat.Class, _ type: MATFormat.DataType, _ words: [UInt64], _ widthBytes: Int
  ) -> [UInt8] {
    let data = words.flatMap { MATFormat.little($0).prefix(widthBytes) }
    let head = MATFormat.numericHead(
      kind, type, rows: UInt64(words.count), columns: 1, widthBytes: widthBytes)
    return head + data + MATFormat.zeros(after: UInt64(data.count))
  }
}
