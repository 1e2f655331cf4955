import AcqSignals

extension MATFormat {
  /// Whether a variable of this size, its tag included, is beyond the format.
  package static func isTooLarge(_ sizeBytes: UInt64) -> Bool { sizeBytes > variableBytesMax }
}

extension MATLayout {
  /// Rows of equal size vary a little once text is involved: what is proposed keeps this share of the limit.
  private static let proposedShare = 0.9

  /// The refusal of this variable, with the time range of the topic's first messages that would fit.
  func tooLarge(_ sizeBytes: UInt64, others: Int) throws(ExportError) -> ExportError {
    let share = Double(MATFormat.variableBytesMax) / Double(sizeBytes) * Self.proposedShare
    let rows = Int(Double(topic.table.rowCount) * share)
    var proposals: [String] = []
    if rows > 0 {
      var reader = TimeReader(topic.table)
      let first = try scratched { () throws(SignalError) in try reader.read(1) }[0]
      var left = rows
      var last = first
      while left > 0 {
        let part = min(left, VariableWriter.batchRows)
        last = try scratched { () throws(SignalError) in try reader.read(part) }[part - 1]
        left -= part
      }
      if last > first { proposals.append("start=\(first) end=\(last) (its first \(rows) messages)") }
    }
    if others > 0 { proposals.append(others == 1 ? "the other topic" : "the other \(others) topics") }
    let fits = proposals.isEmpty ? "nothing of this topic" : proposals.joined(separator: ", or ")
    return ExportError(
      .variableTooLarge,
      "topic \(topic.name) would take \(sizeBytes) bytes, a MAT v5 variable holds "
        + "\(MATFormat.variableBytesMax); what would fit: \(fits)", topic: topic.name, sizeBytes: sizeBytes,
      fits: fits)
  }
}
