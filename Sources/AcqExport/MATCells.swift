import AcqSignals

/// Reads the text or raw bytes of a column as cells.
struct MATCells {
  /// Lengths read at once.
  private static let batchCount = 4_096

  private let isText: Bool
  private var lengths: ElementReader
  private var values: VariableReader
  private var left: Int
  private var batch: [Int] = []
  private var next = 0
  private let monitor: JobMonitor

  init(_ column: Column, in space: SpillSpace, _ monitor: JobMonitor) {
    isText = column.signal.type == .string
    lengths = ElementReader(column, in: space)
    values = VariableReader(column, in: space)
    left = column.elementCount
    self.monitor = monitor
  }

  /// What all elements of a column take as cells.
  static func size(of column: Column, in space: SpillSpace, _ monitor: JobMonitor) throws(ExportError)
    -> UInt64
  {
    var cells = MATCells(column, in: space, monitor)
    var size: UInt64 = 0
    for _ in 0..<column.elementCount {
      let bytes = try cells.nextValue()
      let raw = MATFormat.arrayHeadSize() + MATFormat.elementSize(UInt64(bytes.count))
      size = size.addingSaturated(cells.isText ? MATFormat.textSize(bytes) : raw)
    }
    return size
  }

  /// The cell of an element that is not there.
  var emptyCell: [UInt8] { isText ? MATFormat.text([]) : MATFormat.bytes([]) }

  /// The next element as a whole cell.
  mutating func nextCell() throws(ExportError) -> [UInt8] {
    let value = try nextValue()
    return isText ? MATFormat.text(value) : MATFormat.bytes(value)
  }

  private mutating func nextValue() throws(ExportError) -> ArraySlice<UInt8> {
    let value = try scratched { () throws(SignalError) in
      if next == batch.count { try refill() }
      return try values.read(batch[next])
    }
    next += 1
    try monitor.work(value.count + 8)
    return value[...]
  }

  private mutating func refill() throws(SignalError) {
    let count = min(left, Self.batchCount)
    left -= count
    let bytes = try lengths.read(count).bytes
    batch = stride(from: 0, to: bytes.count, by: 4).map { start in
      bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    next = 0
  }
}
