public import AcqCore

/// The status for a terminal.
public enum StatusText {
  /// The sentence, the alarms, a table of nodes and, when asked, one of recordings. Lines are as long as they need to be:
  /// a terminal wraps, a pipe must not lose anything.
  public static func render(_ report: StatusReport, showsRecordings: Bool) -> String {
    var lines = [Printable.text(report.sentence), ""]
    for alarm in report.alarms { lines.append("! \(Printable.text(alarm))") }
    if !report.alarms.isEmpty { lines.append("") }
    lines += table(
      ["node", "role", "held", "freed", "missing", "bytes", "since", "last contact"],
      report.nodes.map { node in
        [
          node.name, node.role.name, "\(node.held)", "\(node.freed)", "\(node.missing)",
          node.missing == 0 ? "-" : Amount.bytes(node.missingBytes),
          node.missing == 0 ? "-" : ago(node.sinceMs, report.nowMs),
          node.id == report.node.id ? "this node" : ago(node.lastContactMs, report.nowMs, never: "never"),
        ]
      }, rightAligned: [2, 3, 4, 5])
    if showsRecordings, !report.recordings.isEmpty { lines += [""] + recordings(report) }
    return lines.joined(separator: "\n")
  }

  private static func recordings(_ report: StatusReport) -> [String] {
    table(
      ["recording", "origin", "size", "sealed", "base", "cloud", "catalog", "state"],
      report.recordings.map { recording in
        let mark = { (isThere: Bool) in isThere ? "yes" : "-" }
        let notes = [recording.isCutOff ? "cut off" : nil, recording.reason].compactMap(\.self)
        return [
          recording.name, recording.origin, Amount.bytes(recording.sizeBytes), mark(recording.isSealed),
          mark(recording.isOnBase), mark(recording.isOnCloud), mark(recording.isCatalogued),
          notes.joined(separator: "; "),
        ]
      }, rightAligned: [2])
  }

  /// How long ago a moment was, both in milliseconds since 1970.
  public static func ago(_ moment: UInt64?, _ now: UInt64, never: String = "-") -> String {
    guard let moment else { return never }
    guard now > moment, now - moment > 1_000 else { return "now" }
    return "\(span(moment, now)) ago"
  }

  /// How long a moment lies back.
  static func span(_ moment: UInt64, _ now: UInt64) -> String {
    Amount.duration(seconds: now > moment ? Double(now - moment) / 1000 : 0)
  }

  private static func table(_ head: [String], _ rows: [[String]], rightAligned: Set<Int>) -> [String] {
    let all = [head] + rows.map { $0.map(Printable.text) }
    let widths = head.indices.map { column in all.map { Printable.columns($0[column]) }.max() ?? 0 }
    return all.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: max(0, widths[column] - Printable.columns(cell)))
        return rightAligned.contains(column) ? space + cell : cell + space
      }
      return String(String(cells.joined(separator: "  ").reversed()).drop { $0 == " " }.reversed())
    }
  }
}
