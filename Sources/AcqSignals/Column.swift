/// One signal's values over all rows of its topic, spilled as they grow.
///
/// A row of a single signal has exactly one element, a row of a repeated one any number. Rows from before the
/// column existed are only counted.
public struct Column {
  /// What it holds. Its type is final once all messages were read.
  public private(set) var signal: Signal
  /// Rows at the start in which the signal was not known yet: absent, or without elements.
  public let leadingRowCount: Int
  /// Elements, those of leading rows not counted.
  public private(set) var elementCount = 0
  /// Elements that the messages did not carry.
  public private(set) var absentCount = 0
  /// The greatest number of elements in one row.
  public private(set) var elementsPerRowMax = 0
  /// Bytes of text or raw bytes in all.
  public var variableBytes: Int { blob.count }

  private(set) var values = ByteStream()
  private(set) var blob = ByteStream()
  private(set) var counts = ByteStream()
  private(set) var validity = ByteStream()
  /// Elements before this one are all present and have no byte in `validity`; nil: none is absent so far.
  private(set) var validityStart: Int?
  /// From which element on values are stored in which type: numbers of JSON topics widen.
  private(set) var storedTypes: [(start: Int, type: SignalType)]
  /// Whether a value of type uint64 is beyond the greatest int64.
  public private(set) var exceedsInt64 = false
  /// Facts about a JSON number's values that decide how it may widen.
  var hasNegative = false
  var hasInexact = false
  private var committedElements = 0
  private var committedBlobBytes = 0

  init(_ signal: Signal, leadingRowCount: Int) {
    self.signal = signal
    self.leadingRowCount = leadingRowCount
    storedTypes = [(0, signal.type)]
  }

  /// Whether any sample has no value of its own.
  public var hasAbsent: Bool { absentCount > 0 || (leadingRowCount > 0 && !signal.isRepeated) }

  // MARK: Filling

  /// Elements of the row that is being read.
  var uncommittedElements: Int { elementCount - committedElements }

  /// Appends one element; `bits` hold its value, or its length where values have lengths of their own.
  mutating func append(bits: UInt64, isPresent: Bool) {
    if !isPresent { startValidity() }
    if validityStart != nil { validity.append(isPresent ? 1 : 0) }
    switch signal.type {
    case .float where !isPresent: values.append(bits: UInt64(Float.nan.bitPattern), width: 4)
    case .double where !isPresent: values.append(bits: Double.nan.bitPattern, width: 8)
    case .uint64:
      if bits >> 63 != 0 { exceedsInt64 = true }
      values.append(bits: bits, width: 8)
    default: values.append(bits: bits, width: signal.type.widthBytes)
    }
    elementCount += 1
  }

  /// Appends one text or bytes element.
  mutating func append(variable bytes: ArraySlice<UInt8>) {
    blob.append(bytes)
    append(bits: UInt64(bytes.count), isPresent: true)
  }

  /// Appends only the bytes of an element whose length follows when its row becomes part of the columns.
  mutating func append(blobBytes bytes: ArraySlice<UInt8>) { blob.append(bytes) }

  private mutating func startValidity() {
    absentCount += 1
    if validityStart == nil { validityStart = elementCount }
  }

  /// The row is complete: returns its number of elements.
  mutating func commitRow() -> Int {
    let count = uncommittedElements
    committedElements = elementCount
    committedBlobBytes = blob.count
    return count
  }

  /// Takes the row's elements back.
  mutating func rollBackRow() {
    blob.removeLast(blob.count - committedBlobBytes)
    guard signal.isRepeated else { return }
    let removed = uncommittedElements
    if let start = validityStart {
      let tracked = min(removed, elementCount - start)
      absentCount -= validity.buffer.suffix(tracked).count { $0 == 0 }
      validity.removeLast(tracked)
      // A start inside the row that is gone would leave a hole.
      if start >= committedElements { validityStart = nil }
    }
    values.removeLast(removed * signal.type.widthBytes)
    elementCount = committedElements
  }

  mutating func append(count: UInt64) {
    counts.append(bits: count, width: 4)
    elementsPerRowMax = max(elementsPerRowMax, Int(count))
  }

  /// From the next element on, values are stored as `type`.
  mutating func widen(to type: SignalType) {
    signal = Signal(path: signal.path, type: type, isRepeated: signal.isRepeated, unit: signal.unit)
    storedTypes.append((elementCount, type))
  }

  mutating func spill(to space: SpillSpace) throws(SignalError) {
    // What belongs to an unfinished row must stay where it can be taken back.
    if signal.isRepeated, uncommittedElements > 0 { return }
    try values.spill(to: space)
    try blob.spill(to: space)
    try counts.spill(to: space)
    try validity.spill(to: space)
  }
}
