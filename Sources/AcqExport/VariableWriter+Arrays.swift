import AcqSignals

extension VariableWriter {
  // MARK: Numbers

  func writeNumbers(_ leaf: MATLayout.Leaf, _ column: Column) throws(ExportError) {
    try deflater.write(
      MATFormat.numericHead(
        leaf.arrayClass, leaf.dataType, rows: leaf.rows, columns: leaf.width, widthBytes: leaf.elementBytes,
        isLogical: leaf.isLogical))
    try writeElements(leaf, column, wantsValidity: false)
  }

  func writeValidity(_ leaf: MATLayout.Leaf, _ column: Column) throws(ExportError) {
    try deflater.write(
      MATFormat.numericHead(
        .uint8, .uint8, rows: leaf.rows, columns: leaf.width, widthBytes: 1, isLogical: true))
    try writeElements(leaf, column, wantsValidity: true)
  }

  private func writeElements(_ leaf: MATLayout.Leaf, _ column: Column, wantsValidity: Bool)
    throws(ExportError)
  {
    var elements = MATElements(column, in: columnSpace, wantsValidity: wantsValidity)
    if column.signal.isRepeated {
      try writeColumnMajor(leaf, column, &elements)
    } else {
      try writeSingle(column, &elements)
    }
    try deflater.write(MATFormat.zeros(after: leaf.rows * leaf.width * UInt64(elements.widthBytes)))
  }

  /// One element a row: the file's order is ours.
  private func writeSingle(_ column: Column, _ elements: inout MATElements) throws(ExportError) {
    var missing = column.leadingRowCount
    try forEachBatch { (count) throws(ExportError) in
      let absent = min(missing, count)
      missing -= absent
      var bytes: [UInt8] = []
      for _ in 0..<absent { bytes += elements.filler }
      try elements.read(count - absent, into: &bytes)
      try deflater.write(bytes)
    }
  }

  // MARK: Rows of many elements

  /// Arrays stand in the file column after column, padded, while we read row after row: groups of columns
  /// that fit memory are turned around one by one, through scratch space when there is more than one.
  private func writeColumnMajor(
    _ leaf: MATLayout.Leaf, _ column: Column, _ elements: inout MATElements
  ) throws(ExportError) {
    guard leaf.width > 0 else { return }
    let width = Int(leaf.width)
    let columnBytes = max(1, Int(leaf.rows) * elements.widthBytes)
    let groupWidth = min(width, max(1, Transposer.memoryBytesMax / columnBytes))
    var start = 0
    while start < width {
      let end = min(width, start + groupWidth * Transposer.groupsMax)
      var transposer = Transposer(
        columns: start..<end, groupWidth: groupWidth, filler: elements.filler, rowCount: Int(leaf.rows),
        space,
        monitor)
      var counts = CountReader(column, in: columnSpace)
      var again = MATElements(column, in: columnSpace, wantsValidity: elements.wantsValidity)
      let rowsAtOnce = max(1, Self.batchRows / width)
      try forEachRows(rowsAtOnce) { (rows) throws(ExportError) in
        let widths = try scratched { () throws(SignalError) in try counts.read(rows) }
        for width in widths {
          var row: [UInt8] = []
          try again.read(Int(width), into: &row)
          try transposer.add(row)
        }
      }
      try transposer.write(to: deflater)
      start = end
    }
  }

  private func forEachRows(_ rowsAtOnce: Int, _ body: (Int) throws(ExportError) -> Void) throws(ExportError) {
    try forEachBatch { (count) throws(ExportError) in
      var left = count
      while left > 0 {
        let rows = min(left, rowsAtOnce)
        try body(rows)
        left -= rows
      }
    }
  }

  // MARK: Cells

  func writeCells(_ leaf: MATLayout.Leaf, _ column: Column) throws(ExportError) {
    try deflater.write(
      MATFormat.arrayHead(.cell, rows: leaf.rows, columns: leaf.width, bodyBytes: leaf.cellBytes))
    if column.signal.isRepeated {
      var start = 0
      while start < Int(leaf.width) {
        let end = min(Int(leaf.width), start + Transposer.groupsMax)
        try writeCellColumns(start..<end, column)
        start = end
      }
    } else {
      var cells = MATCells(column, in: columnSpace, monitor)
      for _ in 0..<column.leadingRowCount { try deflater.write(cells.emptyCell) }
      for _ in 0..<column.elementCount { try deflater.write(try cells.nextCell()) }
    }
  }

  /// Some columns of a cell array, collected side by side in scratch space.
  private func writeCellColumns(_ range: Range<Int>, _ column: Column) throws(ExportError) {
    var streams = [ByteStream](repeating: ByteStream(), count: range.count)
    let share = SpillSpace(space.scratch, bufferedBytesMax: 2 * Transposer.memoryBytesMax / range.count)
    var cells = MATCells(column, in: columnSpace, monitor)
    var counts = CountReader(column, in: columnSpace)
    let empty = cells.emptyCell
    try forEachBatch { (rows) throws(ExportError) in
      let widths = try scratched { () throws(SignalError) in try counts.read(rows) }
      for width in widths {
        for index in 0..<max(Int(width), range.upperBound) {
          let cell = index < width ? try cells.nextCell() : empty
          guard range.contains(index) else { continue }
          let position = index - range.lowerBound
          streams[position].append(cell[...])
          try scratched { () throws(SignalError) in try streams[position].spill(to: share) }
        }
      }
    }
    for stream in streams { try deflater.copy(stream, in: space) }
  }
}

/// Reads a column's elements, or whether each is there, as a MAT array stores them.
struct MATElements {
  let wantsValidity: Bool
  let widthBytes: Int
  /// What stands where there is no element.
  let filler: [UInt8]
  private var elements: ElementReader

  init(_ column: Column, in space: SpillSpace, wantsValidity: Bool) {
    self.wantsValidity = wantsValidity
    let type = column.signal.type
    // Text has lengths for elements; only their validity is ever asked for.
    widthBytes = wantsValidity ? 1 : type.widthBytes
    switch type {
    case .float where !wantsValidity: filler = MATFormat.little(Float.nan.bitPattern)
    case .double where !wantsValidity: filler = MATFormat.little(Double.nan.bitPattern)
    default: filler = [UInt8](repeating: 0, count: widthBytes)
    }
    elements = ElementReader(column, in: space)
  }

  /// Appends the next `count` elements.
  mutating func read(_ count: Int, into output: inout [UInt8]) throws(ExportError) {
    guard count > 0 else { return }
    let part = try scratched { () throws(SignalError) in try elements.read(count) }
    if !wantsValidity {
      output += part.bytes
    } else if part.valid.isEmpty {
      output += [UInt8](repeating: 1, count: count)
    } else {
      output += part.valid
    }
  }
}
