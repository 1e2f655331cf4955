/// Decodes protobuf messages by a plan that was compiled from their schema.
struct ProtobufDecoder: MessageDecoder {
  private let plan: ProtobufPlan

  init(message: String, descriptors: ArraySlice<UInt8>, table: inout SignalTable) throws(SignalError) {
    plan = try ProtobufPlan(message, try ProtobufDescriptors(descriptors), table: &table)
  }

  mutating func decode(_ message: ArraySlice<UInt8>, timeNs: UInt64, into table: inout SignalTable)
    throws(SignalError)
  {
    table.beginRow()
    do {
      var reader = WireReader(message)
      try decode(plan.root, &reader, &table)
    } catch {
      table.rollBackRow()
      throw error
    }
    try table.commitRow(timeNs: timeNs, from: message)
  }

  /// Reads the rest of `reader` as message `index`. Plans are trees, so that this ends.
  private func decode(_ index: Int, _ reader: inout WireReader, _ table: inout SignalTable)
    throws(SignalError)
  {
    for column in plan.messages[index].implicit { table.markPresent(column) }
    while !reader.isAtEnd {
      let tag = try reader.readTag()
      let field = plan.field(tag.number, of: index)
      if field.clears >= 0 { clear(plan.clears[field.clears], &table) }
      if field.isRepeated {
        try decodeRepeated(field, tag, &reader, &table)
        continue
      }
      switch (field.operation, tag.wire) {
      case (.variable, .length): table.set(field.column, TextRange(try reader.readRange()).bits)
      case (.message, .length):
        let outer = try reader.enter()
        try decode(field.message, &reader, &table)
        reader.leave(to: outer)
      case (.mark, .length):
        _ = try reader.readRange()
        table.set(field.column, 1)
      default:
        if let bits = try Self.scalar(field.operation, tag.wire, &reader) {
          table.set(field.column, bits)
        } else {
          try reader.skip(tag.number, tag.wire)
        }
      }
    }
  }

  private func clear(_ columns: ProtobufPlan.Columns, _ table: inout SignalTable) {
    for column in columns.single { table.clear(column) }
    for column in columns.repeated { table.removeElements(column) }
  }

  private func decodeRepeated(
    _ field: ProtobufPlan.Field, _ tag: (number: UInt32, wire: WireReader.WireType),
    _ reader: inout WireReader, _ table: inout SignalTable
  ) throws(SignalError) {
    switch (field.operation, tag.wire) {
    case (.skip, _): try reader.skip(tag.number, tag.wire)
    case (.variable, .length):
      try table.append(field.column, variable: reader.bytes[try reader.readRange()])
    case (.mark, .length):
      _ = try reader.readRange()
      try table.append(field.column, 1)
    case (.message, .length):
      let outer = try reader.enter()
      try decode(field.message, &reader, &table)
      reader.leave(to: outer)
      for column in plan.messages[field.message].pending {
        try table.appendPending(column, from: reader.bytes)
      }
    case (_, .length):
      // Packed scalars; writers may choose either way whatever the schema says.
      let outer = try reader.enter()
      while !reader.isAtEnd {
        guard let bits = try Self.scalar(field.operation, field.operation.wire, &reader) else {
          throw SignalError(.malformed, "protobuf: a packed field of messages")
        }
        try table.append(field.column, bits)
      }
      reader.leave(to: outer)
    default:
      if let bits = try Self.scalar(field.operation, tag.wire, &reader) {
        try table.append(field.column, bits)
      } else {
        try reader.skip(tag.number, tag.wire)
      }
    }
  }

  /// One value that stands on the wire as its operation expects; nil, and nothing read, when it does not.
  @inline(__always) private static func scalar(
    _ operation: ProtobufPlan.Operation, _ wire: WireReader.WireType, _ reader: inout WireReader
  ) throws(SignalError) -> UInt64? {
    switch (operation, wire) {
    case (.fixed32, .fixed32): return try reader.readFixed(4)
    case (.fixed64, .fixed64): return try reader.readFixed(8)
    case (.varint32, .varint): return UInt64(UInt32(truncatingIfNeeded: try reader.readVarint()))
    case (.varint64, .varint): return try reader.readVarint()
    case (.bool, .varint): return try reader.readVarint() == 0 ? 0 : 1
    case (.zigzag32, .varint):
      let value = UInt32(truncatingIfNeeded: try reader.readVarint())
      return UInt64(value >> 1 ^ (0 &- (value & 1)))
    case (.zigzag64, .varint):
      let value = try reader.readVarint()
      return value >> 1 ^ (0 &- (value & 1))
    default: return nil
    }
  }
}

extension ProtobufPlan.Operation {
  /// How a scalar stands inside a packed field.
  fileprivate var wire: WireReader.WireType {
    switch self {
    case .fixed32: .fixed32
    case .fixed64: .fixed64
    case .bool, .varint32, .varint64, .zigzag32, .zigzag64: .varint
    case .skip, .variable, .message, .mark: .length
    }
  }
}
