import AcqSignals

/// Turns padded rows into columns with bounded memory.
struct Transposer {
  /// One group of columns is turned around in this much memory.
  static let memoryBytesMax = 8 << 20
  /// Groups filled in one pass over the rows: each has a buffer.
  static let groupsMax = 256

  private let columns: Range<Int>
  private let groupWidth: Int
  private let filler: [UInt8]
  private let rowCount: Int
  private let space: SpillSpace
  private let monitor: JobMonitor
  /// Spilled earlier than `space` would, since there may be hundreds.
  private let groupSpace: SpillSpace
  private var groups: [ByteStream]

  /// For `columns` of an array, in groups of `groupWidth`.
  init(
    columns: Range<Int>, groupWidth: Int, filler: [UInt8], rowCount: Int, _ space: SpillSpace,
    _ monitor: JobMonitor
  ) {
    self.columns = columns
    self.groupWidth = groupWidth
    self.filler = filler
    self.rowCount = rowCount
    self.space = space
    self.monitor = monitor
    let count = (columns.count + groupWidth - 1) / groupWidth
    groups = [ByteStream](repeating: ByteStream(), count: count)
    groupSpace = SpillSpace(space.scratch, bufferedBytesMax: 2 * Self.memoryBytesMax / max(count, 1))
  }

  /// Adds a whole row of elements, of which only those in `columns` are kept.
  mutating func add(_ row: [UInt8]) throws(ExportError) {
    let width = filler.count
    let elementCount = row.count / width
    for group in groups.indices {
      let start = columns.lowerBound + group * groupWidth
      let end = min(columns.upperBound, start + groupWidth)
      let filled = min(max(elementCount, start), end)
      groups[group].append(row[min(row.count, start * width)..<min(row.count, filled * width)])
      for _ in filled..<end { groups[group].append(filler[...]) }
      if groups.count > 1 {
        try scratched { () throws(SignalError) in try groups[group].spill(to: groupSpace) }
      }
    }
    try monitor.work(row.count + width * columns.count)
  }

  /// Writes all columns one after another.
  func write(to deflater: VariableDeflater) throws(ExportError) {
    for (number, group) in groups.enumerated() {
      let start = columns.lowerBound + number * groupWidth
      let count = min(columns.upperBound, start + groupWidth) - start
      if count == 1 {
        try deflater.copy(group, in: space)
      } else {
        try writeTurned(group, columnCount: count, to: deflater)
      }
    }
  }

  private func writeTurned(_ group: ByteStream, columnCount: Int, to deflater: VariableDeflater)
    throws(ExportError)
  {
    var reader = ByteStreamReader(group, in: space)
    let rows = try scratched { () throws(SignalError) in try reader.read(group.count) }
    let width = filler.count
    for column in 0..<columnCount {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(rowCount * width)
      for row in 0..<rowCount {
        let start = (row * columnCount + column) * width
        for index in start..<start + width { bytes.append(rows[index]) }
      }
      try deflater.write(bytes)
    }
  }
}

extension VariableDeflater {
  /// Writes all bytes of a stream.
  func copy(_ stream: ByteStream, in space: SpillSpace) throws(ExportError) {
    var reader = ByteStreamReader(stream, in: space)
    var left = stream.count
    while left > 0 {
      let part = min(left, 64 << 10)
      try write(try scratched { () throws(SignalError) in try reader.read(part) })
      left -= part
    }
  }
}
