import AcqCore
import AcqDatabase

/// An entry as the rows that it takes in catalog.db.
struct EntryRows {
  /// What `entry` reads, in its order.
  static let columns = "id, name, origin, originName, sizeBytes, startNs, endNs, isCutOff, parent, details"

  private let values: [SQLValue]
  private let words: [String]
  private let topics: Set<String>

  /// The rows of an entry that is `fitted`.
  init(_ entry: CatalogEntry) {
    values = [
      .digest(entry.id), .text(entry.name), .text(NameOrder.key(entry.name)), .digest(entry.origin),
      .text(entry.originName), Self.integer(entry.sizeBytes), Self.integer(entry.startNs),
      Self.integer(entry.endNs), Self.integer(entry.durationNs), .bool(entry.isCutOff),
      .optional(entry.parent, SQLValue.digest), .text(entry.details),
    ]
    words = SearchWords.words(of: entry)
    topics = Set(entry.topics.map(\.name))
  }

  private static func integer(_ value: UInt64?) -> SQLValue {
    .optional(value) { .integer(Int64(clamping: $0)) }
  }

  /// Inside a transaction: replaces the entry with the same id.
  func store(in connection: Connection) throws {
    let number = try connection.first(
      """
      INSERT INTO recording (id, name, nameKey, origin, originName, sizeBytes, startNs, endNs, durationNs, isCutOff,
        parent, details)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET name = excluded.name, nameKey = excluded.nameKey, origin = excluded.origin,
        originName = excluded.originName, sizeBytes = excluded.sizeBytes, startNs = excluded.startNs,
        endNs = excluded.endNs, durationNs = excluded.durationNs, isCutOff = excluded.isCutOff,
        parent = excluded.parent, details = excluded.details
      RETURNING number
      """, values
    ) { $0.integer(0) }
    guard let number else { preconditionFailure("RETURNING gives a row for each row stored") }
    try Self.removeTerms(of: number, in: connection)
    for word in words {
      try connection.execute(
        "INSERT INTO word (text, recording) VALUES (?, ?)", [.text(word), .integer(number)])
    }
    for topic in topics {
      try connection.execute(
        "INSERT INTO topic (name, recording) VALUES (?, ?)", [.text(topic), .integer(number)])
    }
  }

  /// Removes words and topics of the recording with this number.
  static func removeTerms(of number: Int64, in connection: Connection) throws {
    try connection.execute("DELETE FROM word WHERE recording = ?", [.integer(number)])
    try connection.execute("DELETE FROM topic WHERE recording = ?", [.integer(number)])
  }

  /// Reads a row of `columns`.
  static func entry(_ row: Row) throws -> CatalogEntry {
    var entry = CatalogEntry(
      id: try row.digest(0), name: row.text(1), origin: try row.digest(2), originName: row.text(3),
      sizeBytes: row.unsigned(4), startNs: row.optional(5, row.unsigned),
      endNs: row.optional(6, row.unsigned),
      isCutOff: row.bool(7), parent: try row.optional(8) { column in try row.digest(column) })
    try entry.setDetails(row.text(9))
    return entry
  }
}
