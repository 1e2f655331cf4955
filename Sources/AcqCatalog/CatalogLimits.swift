import AcqCore

/// Caps on what one entry, one query and one page may cost. A MongoDB document holds 16 MiB; an entry that is cut to
/// these budgets stays below 5 MiB, so that no recording, however odd, can be refused by either catalog for ever.
public enum CatalogLimits {
  /// Entries of a page.
  public static let pageEntries = 1...500
  /// Bytes of text that a page collects before it ends early: 500 full entries would be 2 GB.
  public static let pageBytesMax = 16 << 20
  /// Ids that one call of `ids(after:limit:)` returns: 320 kB.
  public static let idsMax = 10_000
  /// Entries of one `put`: bounds a transaction and a bulk write.
  public static let batchEntriesMax = 500
  /// Bytes of a topic's name, schema or encoding, of a metadata name, of a problem.
  package static let nameBytesMax = 1_024
  /// Bytes of one metadata value.
  package static let valueBytesMax = 64 << 10
  /// Bytes of all topics of an entry: tens of thousands of them.
  package static let topicsBytesMax = 2 << 20
  /// Bytes of all metadata of an entry.
  package static let metadataBytesMax = 2 << 20
  /// Problems of an entry.
  package static let problemsMax = 100
  /// Words under which an entry is found.
  package static let wordsMax = 2_000
  /// Characters of a word, in an entry and in a query alike: the rest cannot tell two recordings apart.
  package static let wordScalarsMax = 32
  /// Words of a query: each is one more condition.
  package static let queryWordsMax = 16
  /// Bytes of a query's text or topic.
  package static let queryTextBytesMax = 1_024
  /// Bytes of a name's sort key: a name of 255 bytes at its worst, and the longest cursor.
  package static let nameKeyBytesMax = 1_024
}
