import AcqSignals

/// The variable `meta`: what the recording is, what its signals are called, and what is missing.
struct MATMeta {
  let recording: String
  let originNs: UInt64
  let layouts: [MATLayout]
  let skipped: [SkippedTopic]
  let notes: [String]

  /// Tables are structures of columns of one length, so that `struct2table` shows them.
  var value: MATValue {
    var enums = EnumNames()
    let signals = signalTable(&enums)
    return .structure([
      ("recording", .text(recording)),
      (
        "origin",
        .structure([
          ("iso", .text(ISOTime.text(ns: originNs))), ("posix", .double(Double(originNs) / 1e9)),
          ("ns", .uint64(originNs)),
        ])
      ),
      ("topics", topicTable),
      ("signals", signals),
      ("enums", .structure(enums.tables)),
      (
        "skipped",
        .structure([("topic", .texts(skipped.map(\.topic))), ("reason", .texts(skipped.map(\.reason)))])
      ),
      ("notes", .texts(notes)),
    ])
  }

  private var topicTable: MATValue {
    let topics = layouts.map(\.topic)
    return .structure([
      ("variable", .texts(layouts.map(\.name))), ("topic", .texts(topics.map(\.name))),
      ("schema", .texts(topics.map(\.schemaName))), ("encoding", .texts(topics.map(\.messageEncoding))),
      ("messages", .doubles(topics.map { Double($0.table.rowCount) })),
    ])
  }

  private func signalTable(_ enums: inout EnumNames) -> MATValue {
    var rows: [[String]] = []
    for layout in layouts {
      for (index, column) in layout.topic.table.columns.enumerated() {
        let signal = column.signal
        rows.append([
          layout.tree.variables[index] ?? "", layout.topic.name, signal.dottedPath, signal.type.name,
          signal.unit,
          enums.name(of: signal.type, in: layout.topic.table),
        ])
      }
    }
    let names = ["variable", "topic", "path", "type", "unit", "enum"]
    return .structure(
      names.enumerated().map { number, name in (name, .texts(rows.map { $0[number] })) })
  }

  /// Tables of enumerations under names of their own; equal ones of several topics stand once.
  private struct EnumNames {
    private var names = MATNames()
    private var nameOfTable: [EnumTable: String] = [:]
    private(set) var tables: [(name: String, value: MATValue)] = []

    mutating func name(of type: SignalType, in table: SignalTable) -> String {
      guard case .enumeration(let full) = type,
        let entries = table.enumTables.first(where: { $0.name == full })
      else { return "" }
      if let known = nameOfTable[entries] { return known }
      let name = names.name(for: full)
      nameOfTable[entries] = name
      tables.append(
        (
          name,
          .structure([
            ("name", .text(full)), ("values", .int32s(entries.entries.map(\.number))),
            ("labels", .texts(entries.entries.map(\.label))),
          ])
        ))
      return name
    }
  }
}

/// Nanoseconds since 1970 as text.
enum ISOTime {
  /// In UTC with nine digits of a second, e.g. `2026-05-02T13:00:00.000000000Z`.
  static func text(ns: UInt64) -> String {
    let seconds = ns / 1_000_000_000
    let (year, month, day) = date(day: Int(seconds / 86_400))
    let clock = Int(seconds % 86_400)
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(digits(clock / 3_600, 2)):"
      + "\(digits(clock / 60 % 60, 2)):\(digits(clock % 60, 2)).\(digits(Int(ns % 1_000_000_000), 9))Z"
  }

  /// The Gregorian date of a day since 1970, counted in eras of 400 years from a 1st of March.
  private static func date(day: Int) -> (Int, Int, Int) {
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }

  private static func digits(_ value: Int, _ count: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
}
