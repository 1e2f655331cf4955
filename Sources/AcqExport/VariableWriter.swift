import AcqSignals

/// Writes one topic's variable into a deflater, in the order of its layout.
struct VariableWriter {
  /// Rows dealt with at once.
  static let batchRows = 8_192
  /// From here on, times are compressed once a topic and not once a signal. Below, the compressor finds them
  /// again by itself.
  private static let sharedTimesRowsMin = 1_024

  let layout: MATLayout
  let originNs: UInt64
  let deflater: VariableDeflater
  /// For what is made while writing; columns are in their table's space.
  let space: SpillSpace
  let monitor: JobMonitor
  private var sharedTimes: DeflatedSegment?

  /// The compressed variable.
  static func write(_ layout: MATLayout, originNs: UInt64, _ space: SpillSpace, _ monitor: JobMonitor)
    throws(ExportError) -> ByteStream
  {
    var writer = VariableWriter(
      layout: layout, originNs: originNs, deflater: try VariableDeflater(space, monitor), space: space,
      monitor: monitor)
    try writer.shareTimes()
    try writer.writeStructure(layout.tree.root, name: layout.name)
    precondition(writer.deflater.sizeBytes == layout.sizeBytes, "sizes are predicted exactly")
    return try writer.deflater.finish()
  }

  private init(
    layout: MATLayout, originNs: UInt64, deflater: VariableDeflater, space: SpillSpace, monitor: JobMonitor
  ) {
    self.layout = layout
    self.originNs = originNs
    self.deflater = deflater
    self.space = space
    self.monitor = monitor
  }

  private func writeStructure(_ node: MATTree.Node, name: String = "") throws(ExportError) {
    let names = MATFormat.fieldNames(layout.fieldNames(node))
    try deflater.write(
      MATFormat.arrayHead(
        .structure, rows: 1, columns: 1, name: name, bodyBytes: layout.structureBodySize(node)) + names)
    if let column = node.column {
      try writeArrays(layout.leaves[column])
    } else if node.children.isEmpty {
      try writeTimes()
    }
    for child in node.children { try writeStructure(child) }
  }

  private func writeArrays(_ leaf: MATLayout.Leaf) throws(ExportError) {
    let column = layout.topic.table.columns[leaf.column]
    if leaf.arrayClass == .cell {
      try writeCells(leaf, column)
    } else {
      try writeNumbers(leaf, column)
    }
    try writeTimes()
    if leaf.hasCount { try writeCounts(column) }
    if leaf.hasValid { try writeValidity(leaf, column) }
  }

  // MARK: Times and counts

  var columnSpace: SpillSpace { layout.topic.table.space }
  private var rowCount: Int { layout.topic.table.rowCount }

  private mutating func shareTimes() throws(ExportError) {
    guard rowCount >= Self.sharedTimesRowsMin, layout.leaves.count > 1 else { return }
    let whole = try VariableDeflater(space, monitor)
    try writeTimes(to: whole)
    sharedTimes = try whole.finishSegment()
  }

  private func writeTimes() throws(ExportError) {
    if let sharedTimes { return try deflater.splice(sharedTimes) }
    try writeTimes(to: deflater)
  }

  private func writeTimes(to output: VariableDeflater) throws(ExportError) {
    try output.write(
      MATFormat.numericHead(.double, .double, rows: UInt64(rowCount), columns: 1, widthBytes: 8))
    var reader = TimeReader(layout.topic.table)
    try forEachBatch { (count) throws(ExportError) in
      let times = try scratched { () throws(SignalError) in try reader.read(count) }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(8 * count)
      for time in times {
        // Exact in integers; only the last step rounds.
        let seconds = Double(time - originNs) / 1e9
        bytes.append(littleEndian: seconds.bitPattern)
      }
      try output.write(bytes)
    }
  }

  private func writeCounts(_ column: Column) throws(ExportError) {
    try deflater.write(
      MATFormat.numericHead(.uint32, .uint32, rows: UInt64(rowCount), columns: 1, widthBytes: 4))
    var reader = CountReader(column, in: columnSpace)
    try forEachBatch { (count) throws(ExportError) in
      let counts = try scratched { () throws(SignalError) in try reader.read(count) }
      try deflater.write(counts.flatMap(MATFormat.little))
    }
    try deflater.write(MATFormat.zeros(after: UInt64(4 * rowCount)))
  }

  func forEachBatch(_ body: (Int) throws(ExportError) -> Void) throws(ExportError) {
    var left = rowCount
    while left > 0 {
      let count = min(left, Self.batchRows)
      try body(count)
      left -= count
    }
  }
}
