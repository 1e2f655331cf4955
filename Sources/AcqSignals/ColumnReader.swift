/// Reads the elements of a column in order, each in the column's final type.
public struct ElementReader {
  private let column: Column
  private var values: ByteStreamReader
  private var validity: ByteStreamReader
  private var index = 0
  private var segment = 0

  /// Starts at the first element.
  public init(_ column: Column, in space: SpillSpace) {
    self.column = column
    values = ByteStreamReader(column.values, in: space)
    validity = ByteStreamReader(column.validity, in: space)
  }

  /// The next `count` elements, little-endian, side by side; absent ones are NaN or zero. For text and raw
  /// bytes: the lengths, 32 bits each. `valid` has a byte per element, and is empty when all of these are
  /// present.
  public mutating func read(_ count: Int) throws(SignalError) -> (bytes: [UInt8], valid: [UInt8]) {
    precondition(index + count <= column.elementCount, "nobody reads more elements than there are")
    let valid = try readValidity(count)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * column.signal.type.widthBytes)
    var done = 0
    while done < count {
      let types = column.storedTypes
      while segment + 1 < types.count, types[segment + 1].start <= index + done { segment += 1 }
      let end = segment + 1 < types.count ? types[segment + 1].start - index : count
      let part = min(end, count) - done
      let stored = types[segment].type
      if stored == column.signal.type {
        try values.read(part * stored.widthBytes, into: &bytes)
      } else {
        let raw = try values.read(part * stored.widthBytes)
        let isValid = valid.isEmpty ? [] : valid[done..<done + part]
        Self.convert(raw, from: stored, to: column.signal.type, isValid: isValid, into: &bytes)
      }
      done += part
    }
    index += count
    return (bytes, valid)
  }

  private mutating func readValidity(_ count: Int) throws(SignalError) -> [UInt8] {
    guard let start = column.validityStart, start < index + count else { return [] }
    let ones = max(0, start - index)
    var valid = [UInt8](repeating: 1, count: ones)
    try validity.read(count - ones, into: &valid)
    return valid
  }

  /// Numbers of a JSON topic widen from int64 to uint64 or double.
  private static func convert(
    _ raw: [UInt8], from stored: SignalType, to type: SignalType, isValid: ArraySlice<UInt8>,
    into output: inout [UInt8]
  ) {
    for (number, start) in stride(from: 0, to: raw.count, by: 8).enumerated() {
      var bits: UInt64 = 0
      for byte in raw[start..<start + 8].reversed() { bits = bits << 8 | UInt64(byte) }
      let isPresent = isValid.isEmpty || isValid[isValid.startIndex + number] != 0
      if type == .double {
        let value = stored == .uint64 ? Double(bits) : Double(Int64(bitPattern: bits))
        bits = (isPresent ? value : .nan).bitPattern
      }
      for shift in stride(from: 0, to: UInt64(64), by: 8) {
        output.append(UInt8(truncatingIfNeeded: bits >> shift))
      }
    }
  }
}

/// Reads how many elements each row of a repeated column has.
public struct CountReader {
  private var leading: Int
  private var counts: ByteStreamReader

  /// Starts at the first row.
  public init(_ column: Column, in space: SpillSpace) {
    leading = column.leadingRowCount
    counts = ByteStreamReader(column.counts, in: space)
  }

  /// The counts of the next `rowCount` rows.
  public mutating func read(_ rowCount: Int) throws(SignalError) -> [UInt32] {
    let zeros = min(leading, rowCount)
    leading -= zeros
    let bytes = try counts.read(4 * (rowCount - zeros))
    var result = [UInt32](repeating: 0, count: zeros)
    result.reserveCapacity(rowCount)
    for start in stride(from: 0, to: bytes.count, by: 4) {
      var count: UInt32 = 0
      for byte in bytes[start..<start + 4].reversed() { count = count << 8 | UInt32(byte) }
      result.append(count)
    }
    return result
  }
}

/// Reads the text or raw bytes of a column, value by value.
public struct VariableReader {
  private var blob: ByteStreamReader

  /// Starts at the first value.
  public init(_ column: Column, in space: SpillSpace) { blob = ByteStreamReader(column.blob, in: space) }

  /// The next `count` bytes; the lengths come from an `ElementReader` of the same column.
  public mutating func read(_ count: Int) throws(SignalError) -> [UInt8] { try blob.read(count) }
}

/// Reads the times of a table's rows.
public struct TimeReader {
  private var times: ByteStreamReader

  /// Starts at the first row.
  public init(_ table: SignalTable) { times = ByteStreamReader(table.times, in: table.space) }

  /// The next `rowCount` times in nanoseconds since 1970.
  public mutating func read(_ rowCount: Int) throws(SignalError) -> [UInt64] {
    let bytes = try times.read(8 * rowCount)
    return stride(from: 0, to: bytes.count, by: 8).map { start in
      bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}
