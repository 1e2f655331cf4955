import AcqCore

/// Decodes JSON messages. Columns are made when a path first has a value; a schema only adds that a number is
/// a fraction even while its values look like integers, and units.
struct JSONDecoder: MessageDecoder {
  /// A place in the tree of names, common to all messages.
  private struct Node {
    var path: [String]
    var schema: JSON?
    var children: [String: Int] = [:]
    /// Columns by the number of arrays around the value.
    var columns: [Int: Columns] = [:]
  }
  private struct Columns {
    var number: Int?
    var text: Int?
    var flag: Int?
    var all: [Int] { [number, text, flag].compactMap { $0 } }
  }
  /// Where in nested arrays a value stands.
  private struct Place {
    /// Arrays around it.
    var depth = 0
    /// Its position in the innermost one.
    var index = 0
  }

  private var nodes: [Node]
  /// Elements that a column had in this row when the innermost array began.
  private var bases: [Int: Int] = [:]
  /// Texts of the message being read.
  private var texts: [UInt8] = []

  init(schema: ArraySlice<UInt8>) {
    nodes = [Node(path: [], schema: try? JSON(parsing: schema))]
  }

  mutating func decode(_ message: ArraySlice<UInt8>, timeNs: UInt64, into table: inout SignalTable)
    throws(SignalError)
  {
    let value: JSON
    do { value = try JSON(parsing: message) } catch { throw SignalError(.malformed, "\(error)") }
    texts.removeAll(keepingCapacity: true)
    table.beginRow()
    do { try walk(value, 0, Place(), &table) } catch {
      table.rollBackRow()
      throw error
    }
    try table.commitRow(timeNs: timeNs, from: texts[...])
  }

  private mutating func walk(_ value: JSON, _ node: Int, _ place: Place, _ table: inout SignalTable)
    throws(SignalError)
  {
    switch value {
    case .null: break
    case .bool(let flag):
      let column = try column(\.flag, .bool, node, place, &table)
      try put(flag ? 1 : 0, column, place, &table)
    case .string(let text):
      let column = try column(\.text, .string, node, place, &table)
      try put(text, column, place, &table)
    case .number(let text):
      try put(JSONNumber(text), node, place, &table)
    case .array(let items):
      try walk(items, node, place, &table)
    case .object(let members):
      for member in members {
        try walk(member.value, child(member.name, of: node), place, &table)
      }
    }
  }

  private mutating func child(_ name: String, of node: Int) -> Int {
    if let child = nodes[node].children[name] { return child }
    var schema = nodes[node].schema
    while let items = schema?["items"] { schema = items }
    nodes[node].children[name] = nodes.count
    nodes.append(Node(path: nodes[node].path + [name], schema: schema?["properties"]?[name]))
    return nodes.count - 1
  }

  // MARK: Arrays

  /// All columns directly in an array at `node` take part in each of its elements, so that they stay side by
  /// side.
  private mutating func walk(
    _ items: [JSON], _ node: Int, _ place: Place, _ table: inout SignalTable
  ) throws(SignalError) {
    let depth = place.depth + 1
    for column in columns(below: node, depth: depth) { bases[column] = table.elementsInRow(column) }
    for (index, item) in items.enumerated() {
      try walk(item, node, Place(depth: depth, index: index), &table)
    }
    for column in columns(below: node, depth: depth) {
      try pad(column, to: items.count, &table)
    }
  }

  private func columns(below node: Int, depth: Int) -> [Int] {
    var result = nodes[node].columns[depth]?.all ?? []
    for child in nodes[node].children.values { result += columns(below: child, depth: depth) }
    return result
  }

  private func pad(_ column: Int, to count: Int, _ table: inout SignalTable) throws(SignalError) {
    let wanted = bases[column, default: 0] + count
    while table.elementsInRow(column) < wanted { try table.append(column, 0, isPresent: false) }
  }

  // MARK: Values

  private mutating func column(
    _ kind: WritableKeyPath<Columns, Int?>, _ type: SignalType, _ node: Int, _ place: Place,
    _ table: inout SignalTable
  ) throws(SignalError) -> Int {
    if let column = nodes[node].columns[place.depth]?[keyPath: kind] { return column }
    let unit = nodes[node].schema?["unit"]?.string ?? ""
    let signal = Signal(path: nodes[node].path, type: type, isRepeated: place.depth > 0, unit: unit)
    let column = try table.column(for: signal, canWiden: true)
    nodes[node].columns[place.depth, default: Columns()][keyPath: kind] = column
    bases[column] = table.elementsInRow(column)
    return column
  }

  private func put(_ bits: UInt64, _ column: Int, _ place: Place, _ table: inout SignalTable)
    throws(SignalError)
  {
    guard place.depth > 0 else { return table.set(column, bits) }
    try pad(column, to: place.index, &table)
    try table.append(column, bits)
  }

  private mutating func put(_ text: String, _ column: Int, _ place: Place, _ table: inout SignalTable)
    throws(SignalError)
  {
    let start = texts.count
    texts.append(contentsOf: text.utf8)
    guard place.depth > 0 else {
      return table.set(column, TextRange(start..<texts.count).bits)
    }
    try pad(column, to: place.index, &table)
    try table.append(column, variable: texts[start...])
  }

  private mutating func put(_ number: JSONNumber, _ node: Int, _ place: Place, _ table: inout SignalTable)
    throws(SignalError)
  {
    let isFraction = nodes[node].schema.map(Self.isFraction) ?? false
    let first = isFraction ? SignalType.double : number.narrowestType
    let column = try column(\.number, first, node, place, &table)
    let current = table.columns[column].signal.type
    let needed = number.type(
      in: current, hasNegative: table.columns[column].hasNegative)
    if needed != current {
      try table.widen(column, to: needed)
      if needed == .double, table.columns[column].hasInexact {
        table.note(
          "\(nodes[node].path.joined(separator: ".")) mixes fractions with integers beyond 2^53: rounded")
      }
    }
    table.noteInteger(column, isNegative: number.isNegative, isInexact: number.isInexact)
    try put(number.bits(as: needed), column, place, &table)
  }

  /// Whether a schema says "number" (or an array of them), which unlike "integer" includes fractions.
  private static func isFraction(_ schema: JSON) -> Bool {
    var schema = schema
    while let items = schema["items"] { schema = items }
    guard let type = schema["type"] else { return false }
    return type.string == "number" || type.array?.contains(.string("number")) == true
  }
}

/// A number of JSON text: an integer stays one when it has no fraction, no exponent and at most 64 bits.
private enum JSONNumber {
  case signed(Int64)
  case unsigned(UInt64)
  case fraction(Double)

  init(_ text: String) {
    if let value = Int64(text) {
      self = .signed(value)
    } else if let value = UInt64(text) {
      self = .unsigned(value)
    } else {
      self = .fraction(Double(text) ?? .nan)
    }
  }

  var narrowestType: SignalType {
    switch self {
    case .signed: .int64
    case .unsigned: .uint64
    case .fraction: .double
    }
  }

  var isNegative: Bool { if case .signed(let value) = self { value < 0 } else { false } }

  var isInexact: Bool {
    switch self {
    case .signed(let value): value.magnitude > 1 << 53
    case .unsigned: true
    case .fraction: false
    }
  }

  /// The type of a column of type `current` once it holds this number too.
  func type(in current: SignalType, hasNegative: Bool) -> SignalType {
    switch (current, self) {
    case (.double, _), (_, .fraction): .double
    case (.int64, .unsigned): hasNegative ? .double : .uint64
    case (.uint64, .signed(let value)) where value < 0: .double
    default: current
    }
  }

  func bits(as type: SignalType) -> UInt64 {
    switch self {
    case .signed(let value): type == .double ? Double(value).bitPattern : UInt64(bitPattern: value)
    case .unsigned(let value): type == .double ? Double(value).bitPattern : value
    case .fraction(let value): value.bitPattern
    }
  }
}
