import AcqSignals

/// One topic as a variable: what stands where, and how large it is, known before anything is written.
struct MATLayout {
  /// How a signal's arrays look.
  struct Leaf {
    let column: Int
    let rows: UInt64
    /// Elements in the widest row.
    let width: UInt64
    let arrayClass: MATFormat.Class
    let dataType: MATFormat.DataType
    let isLogical: Bool
    let hasCount: Bool
    let hasValid: Bool
    /// Cells of text or raw bytes, one after another; zero for numbers.
    let cellBytes: UInt64
    let elementBytes: Int

    var dataSize: UInt64 {
      guard arrayClass == .cell else {
        return MATFormat.numericSize(rows: rows, columns: width, widthBytes: elementBytes)
      }
      return MATFormat.arrayHeadSize().addingSaturated(cellBytes)
    }
    var timesSize: UInt64 { MATFormat.numericSize(rows: rows, columns: 1, widthBytes: 8) }
    var countSize: UInt64 {
      hasCount ? MATFormat.numericSize(rows: rows, columns: 1, widthBytes: 4) : 0
    }
    var validSize: UInt64 {
      hasValid ? MATFormat.numericSize(rows: rows, columns: width, widthBytes: 1) : 0
    }
    /// Names of the arrays that are there.
    var arrayNames: [String] {
      ["Data", "Timestamp"] + (hasCount ? ["Count"] : []) + (hasValid ? ["Valid"] : [])
    }
    var size: UInt64 {
      [timesSize, countSize, validSize].reduce(dataSize) { $0.addingSaturated($1) }
    }
  }

  let topic: TopicCollector.Topic
  let tree: MATTree
  /// By column.
  let leaves: [Leaf]

  init(_ topic: TopicCollector.Topic, name: String, _ monitor: JobMonitor) throws(ExportError) {
    self.topic = topic
    tree = MATTree(name: name, signals: topic.table.columns.map(\.signal))
    var leaves: [Leaf] = []
    for column in topic.table.columns.indices {
      leaves.append(try Leaf(topic.table, column, monitor))
    }
    self.leaves = leaves
  }

  var name: String { tree.root.name }

  /// Size of the uncompressed variable, its tag included.
  var sizeBytes: UInt64 { structureSize(tree.root, name: name) }

  /// Names of a structure's fields: its own arrays first. A topic without signals has only its times.
  func fieldNames(_ node: MATTree.Node) -> [String] {
    let arrays = node.column.map { leaves[$0].arrayNames } ?? (node.children.isEmpty ? ["Timestamp"] : [])
    return arrays + node.children.map(\.name)
  }

  /// What a structure takes in all.
  func structureSize(_ node: MATTree.Node, name: String = "") -> UInt64 {
    MATFormat.arrayHeadSize(name: name).addingSaturated(structureBodySize(node))
  }

  /// What stands in a structure behind its head.
  func structureBodySize(_ node: MATTree.Node) -> UInt64 {
    var size = MATFormat.fieldNamesSize(fieldNames(node).count)
    if let column = node.column {
      size = size.addingSaturated(leaves[column].size)
    } else if node.children.isEmpty {
      size = size.addingSaturated(timesSize)
    }
    for child in node.children { size = size.addingSaturated(structureSize(child)) }
    return size
  }

  /// What the array of times takes.
  var timesSize: UInt64 {
    MATFormat.numericSize(rows: UInt64(topic.table.rowCount), columns: 1, widthBytes: 8)
  }
}

extension MATLayout.Leaf {
  init(_ table: SignalTable, _ index: Int, _ monitor: JobMonitor) throws(ExportError) {
    let column = table.columns[index]
    let signal = column.signal
    self.column = index
    rows = UInt64(table.rowCount)
    width = signal.isRepeated ? UInt64(column.elementsPerRowMax) : 1
    (arrayClass, dataType) = Self.kind(of: column)
    isLogical = signal.type == .bool
    hasCount = signal.isRepeated
    hasValid = column.hasAbsent && !signal.type.isFloating
    elementBytes = signal.type.widthBytes
    guard signal.type.isVariable else {
      cellBytes = 0
      return
    }
    let filled = try MATCells.size(of: column, in: table.space, monitor)
    let cells = rows.multipliedSaturated(width)
    let emptyCells = cells - min(cells, UInt64(column.elementCount))
    let empty = MATFormat.textSize([])
    cellBytes = filled.addingSaturated(emptyCells.multipliedSaturated(empty))
  }

  /// 64-bit integers are int64 in MATLAB, whose unsigned differences saturate; only values that do not fit
  /// stay uint64.
  private static func kind(of column: Column) -> (MATFormat.Class, MATFormat.DataType) {
    switch column.signal.type {
    case .bool: (.uint8, .uint8)
    case .int32, .enumeration: (.int32, .int32)
    case .uint32: (.uint32, .uint32)
    case .int64: (.int64, .int64)
    case .uint64: column.exceedsInt64 ? (.uint64, .uint64) : (.int64, .int64)
    case .float: (.single, .single)
    case .double: (.double, .double)
    case .string, .bytes: (.cell, .matrix)
    }
  }
}
