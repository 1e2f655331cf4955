/// The columns of one topic, filled row by row by a decoder.
///
/// A message is first a row of 64-bit slots: one per column (a value's bits; for text the place in the
/// message), then one bit per column that says whether the value is there. Blocks of rows are turned into
/// columns in tight loops.
public struct SignalTable {
  /// One per signal, in the order in which they became known.
  public private(set) var columns: [Column] = []
  /// Complete rows.
  public private(set) var rowCount = 0
  /// Tables of the enumerations that signals use.
  public private(set) var enumTables: [EnumTable] = []
  /// What was left out or changed, for people.
  public private(set) var notes: [String] = []
  /// Where columns spill to.
  public let space: SpillSpace

  private var indexOfSignal: [SignalKey: Int] = [:]
  private(set) var times = ByteStream()
  /// Rows not yet turned into columns, the one being read last.
  private var block: [UInt64] = []
  private var blockRowCount = 0
  /// Slots for columns in a row, and words of a row: its slots, then its bits.
  private var slotCount = 0
  private var stride = 0
  private var rowStart = 0
  private var isReading = false
  /// Bytes that wait in blobs and repeated columns.
  private var pendingBytes = 0
  private var listBytes = 0
  private var variableColumns: [Int] = []
  private var repeatedColumns: [Int] = []

  private struct SignalKey: Hashable {
    let path: [String]
    let type: SignalType
    let isRepeated: Bool
    let canWiden: Bool
  }

  /// Without signals.
  public init(in space: SpillSpace) { self.space = space }

  /// The number of the column that holds `signal`; made if it is new. Only a column that `canWiden` may ever
  /// change its type, and nobody else writes to it.
  mutating func column(for signal: Signal, canWiden: Bool = false) throws(SignalError) -> Int {
    let key = SignalKey(
      path: signal.path, type: signal.type, isRepeated: signal.isRepeated, canWiden: canWiden)
    if let index = indexOfSignal[key] { return index }
    guard columns.count < SignalLimits.signalsPerTopicMax else {
      throw SignalError(.limit, "more than \(SignalLimits.signalsPerTopicMax) signals in one topic")
    }
    try space.addSignal()
    let index = columns.count
    try growBlock(signalCount: index + 1)
    // Rows still in the block have a free slot for it and become part of the column, absent.
    columns.append(Column(signal, leadingRowCount: rowCount - blockRowCount))
    indexOfSignal[key] = index
    if signal.isRepeated { repeatedColumns.append(index) }
    if signal.type.isVariable, !signal.isRepeated { variableColumns.append(index) }
    return index
  }

  mutating func add(_ table: EnumTable) {
    guard let index = enumTables.firstIndex(where: { $0.name == table.name }) else {
      return enumTables.append(table)
    }
    // Another version of the schema may know more names.
    let known = enumTables[index].entries
    let entries = known + table.entries.filter { !known.contains($0) }
    enumTables[index] = EnumTable(name: table.name, entries: entries)
  }

  mutating func note(_ text: String) {
    if notes.count < SignalLimits.notesMax, !notes.contains(text) { notes.append(text) }
  }

  /// Makes room for one more column; the row being read keeps its values. Room doubles, so that a topic whose
  /// signals turn up one by one is not laid out anew for each.
  private mutating func growBlock(signalCount: Int) throws(SignalError) {
    guard signalCount > slotCount else { return }
    let open = isReading ? Array(block[rowStart..<rowStart + stride]) : []
    let oldCount = slotCount
    try flushBlock()
    layOutBlock(slotCount: max(8, 2 * oldCount))
    guard isReading else { return }
    rowStart = 0
    block =
      open.prefix(oldCount) + Array(repeating: 0, count: slotCount - oldCount) + open.dropFirst(oldCount)
    block.append(contentsOf: repeatElement(0, count: stride - block.count))
  }

  private mutating func layOutBlock(slotCount: Int) {
    self.slotCount = slotCount
    stride = slotCount + (slotCount + 63) / 64
  }

  // MARK: Rows

  mutating func beginRow() {
    // Where a schema has named all signals, no row is wider than it must be.
    if rowCount == 0, block.isEmpty { layOutBlock(slotCount: columns.count) }
    rowStart = block.count
    block.append(contentsOf: repeatElement(0, count: stride))
    listBytes = 0
    isReading = true
  }

  /// Sets a single value, or the pending one of an element.
  mutating func set(_ column: Int, _ bits: UInt64) {
    block[rowStart + column] = bits
    markPresent(column)
  }

  mutating func markPresent(_ column: Int) {
    block[rowStart + slotCount + (column >> 6)] |= 1 << UInt64(column & 63)
  }

  func isPresent(_ column: Int) -> Bool {
    block[rowStart + slotCount + (column >> 6)] & (1 << UInt64(column & 63)) != 0
  }

  /// Makes a value absent again.
  mutating func clear(_ column: Int) {
    block[rowStart + column] = 0
    block[rowStart + slotCount + (column >> 6)] &= ~(1 << UInt64(column & 63))
  }

  /// Appends an element to a repeated column.
  mutating func append(_ column: Int, _ bits: UInt64, isPresent: Bool = true) throws(SignalError) {
    try count(listBytes: columns[column].signal.type.widthBytes, of: column)
    columns[column].append(bits: bits, isPresent: isPresent)
  }

  /// Appends a text or bytes element to a repeated column.
  mutating func append(_ column: Int, variable bytes: ArraySlice<UInt8>) throws(SignalError) {
    try count(listBytes: 4 + bytes.count, of: column)
    columns[column].append(variable: bytes)
  }

  /// Appends the pending value of `column` as an element, and makes it absent for the next one.
  mutating func appendPending(_ column: Int, from message: ArraySlice<UInt8>) throws(SignalError) {
    let bits = block[rowStart + column]
    guard isPresent(column) else { return try append(column, 0, isPresent: false) }
    if columns[column].signal.type.isVariable {
      try append(column, variable: TextRange(bits: bits).bytes(of: message))
    } else {
      try append(column, bits)
    }
    clear(column)
  }

  /// Elements that `column` has in the row being read.
  func elementsInRow(_ column: Int) -> Int { columns[column].uncommittedElements }

  /// Takes back the elements that `column` has in the row being read.
  mutating func removeElements(_ column: Int) { columns[column].rollBackRow() }

  private mutating func count(listBytes more: Int, of column: Int) throws(SignalError) {
    listBytes += more
    guard listBytes <= SignalLimits.listBytesPerMessageMax,
      columns[column].uncommittedElements < SignalLimits.elementsPerMessageMax
    else { throw SignalError(.limit, "repeated values are over their limit in one message") }
  }

  /// Ends the row; places of text refer to `message`.
  mutating func commitRow(timeNs: UInt64, from message: ArraySlice<UInt8>) throws(SignalError) {
    for column in variableColumns where isPresent(column) {
      let text = TextRange(bits: block[rowStart + column]).bytes(of: message)
      columns[column].append(blobBytes: text)
      block[rowStart + column] = UInt64(text.count)
      pendingBytes += text.count
      _ = columns[column].commitRow()
    }
    for column in repeatedColumns { block[rowStart + column] = UInt64(columns[column].commitRow()) }
    times.append(bits: timeNs, width: 8)
    pendingBytes += listBytes
    blockRowCount += 1
    rowCount += 1
    isReading = false
    // One word more: rows without signals have times all the same.
    if blockRowCount * (stride + 1) >= SignalLimits.blockWordsMax
      || pendingBytes >= SignalLimits.pendingBytesMax
    {
      try flushBlock()
    }
  }

  /// Remembers of a JSON integer what decides how its column may widen.
  mutating func noteInteger(_ column: Int, isNegative: Bool, isInexact: Bool) {
    if isNegative { columns[column].hasNegative = true }
    if isInexact { columns[column].hasInexact = true }
  }

  /// Forgets the row being read.
  mutating func rollBackRow() {
    block.removeLast(block.count - blockRowCount * stride)
    isReading = false
    for column in repeatedColumns { columns[column].rollBackRow() }
  }

  /// All rows become columns. Call it before columns are read.
  public mutating func finish() throws(SignalError) {
    try flushBlock()
    block = []
  }

  /// From the next row on, values of `column` are stored as `type`.
  mutating func widen(_ column: Int, to type: SignalType) throws(SignalError) {
    let open = Array(block[(blockRowCount * stride)...])
    try flushBlock()
    block = open
    rowStart = 0
    columns[column].widen(to: type)
  }

  private mutating func flushBlock() throws(SignalError) {
    guard blockRowCount > 0 else { return block.removeAll(keepingCapacity: true) }
    for column in columns.indices {
      if columns[column].signal.isRepeated {
        for row in 0..<blockRowCount { columns[column].append(count: block[row * stride + column]) }
      } else {
        flushSingle(column)
      }
      try columns[column].spill(to: space)
    }
    try times.spill(to: space)
    block.removeAll(keepingCapacity: true)
    blockRowCount = 0
    pendingBytes = 0
  }

  private mutating func flushSingle(_ column: Int) {
    let word = slotCount + (column >> 6)
    let mask = 1 << UInt64(column & 63) as UInt64
    for row in 0..<blockRowCount {
      let base = row * stride
      columns[column].append(bits: block[base + column], isPresent: block[base + word] & mask != 0)
    }
  }
}

/// The place of a text in its message, packed into a slot: messages are far shorter than 4 GiB.
struct TextRange {
  private let range: Range<Int>

  init(_ range: Range<Int>) { self.range = range }
  init(bits: UInt64) {
    let start = Int(bits >> 32)
    range = start..<start + Int(bits & 0xFFFF_FFFF)
  }
  /// A text that is empty because the message does not carry it has no place.
  func bytes(of message: ArraySlice<UInt8>) -> ArraySlice<UInt8> { range.isEmpty ? [] : message[range] }
  var bits: UInt64 { UInt64(range.lowerBound) << 32 | UInt64(range.count) }
}
