package import AcqCore

/// A query made ready for any database: checked, with its words split, and with its order cut into stretches that
/// are each one range of one index. The stretches are read one after another until the page is full, so that no
/// database has to merge ranges (`key = k and id > i` or `key > k`) or to know where entries without a key belong.
package struct QueryPlan: Equatable, Sendable {
  /// Which recordings have a topic.
  package enum TopicMatch: Equatable, Sendable {
    case exactly(String)
    case beginsWith(String)
  }

  /// One range of the order's index, in the order's direction.
  package enum Stretch: Equatable, Sendable {
    /// The entries with this value, past this id. Goes before `beyond`.
    case ties(value: CatalogCursor.Value, past: ContentID)
    /// The entries with a value past this one; all that have a value when nil. Goes before `valueless`.
    case beyond(CatalogCursor.Value?)
    /// The entries without a value, past this id. The last.
    case valueless(past: ContentID?)
  }

  package let fromNs: Int64?
  package let toNs: Int64?
  package let topic: TopicMatch?
  package let words: [String]
  package let origin: NodeID?
  package let sort: CatalogSort
  package let limit: Int
  package let stretches: [Stretch]

  package init(_ query: CatalogQuery) throws(CatalogError) {
    guard CatalogLimits.pageEntries.contains(query.limit) else {
      throw CatalogError(
        .invalidQuery, "limit \(query.limit) is outside 1…\(CatalogLimits.pageEntries.upperBound)")
    }
    if let cursor = query.cursor, cursor.sort != query.sort {
      throw CatalogError(
        .invalidQuery, "the cursor belongs to sort=\(cursor.sort), not to sort=\(query.sort)")
    }
    fromNs = query.fromNs.map { Int64(clamping: $0) }
    toNs = query.toNs.map { Int64(clamping: $0) }
    topic = try Self.topic(query.topic)
    words = try Self.words(query.text)
    origin = query.origin
    sort = query.sort
    limit = query.limit
    // Entries without messages have no time, so a time range leaves none of them.
    let hasValueless = query.sort.isOptional && query.fromNs == nil && query.toNs == nil
    stretches = Self.stretches(after: query.cursor, hasValueless: hasValueless)
  }

  private static func stretches(after cursor: CatalogCursor?, hasValueless: Bool) -> [Stretch] {
    guard let cursor else { return [.beyond(nil)] + (hasValueless ? [.valueless(past: nil)] : []) }
    guard let value = cursor.value else { return hasValueless ? [.valueless(past: cursor.id)] : [] }
    return [.ties(value: value, past: cursor.id), .beyond(value)]
      + (hasValueless ? [.valueless(past: nil)] : [])
  }

  private static func topic(_ text: String?) throws(CatalogError) -> TopicMatch? {
    guard let text, !text.isEmpty else { return nil }
    guard text.utf8.count <= CatalogLimits.queryTextBytesMax else {
      throw CatalogError(.invalidQuery, "topic is longer than \(CatalogLimits.queryTextBytesMax) bytes")
    }
    guard let star = text.firstIndex(of: "*") else { return .exactly(text) }
    guard text.index(after: star) == text.endIndex else {
      throw CatalogError(.invalidQuery, "topic `\(text)`: `*` may only stand at the end")
    }
    return .beginsWith(String(text.dropLast()))
  }

  private static func words(_ text: String?) throws(CatalogError) -> [String] {
    guard let text else { return [] }
    guard text.utf8.count <= CatalogLimits.queryTextBytesMax else {
      throw CatalogError(.invalidQuery, "text is longer than \(CatalogLimits.queryTextBytesMax) bytes")
    }
    var words: [String] = []
    for word in SearchWords.split(text) where !words.contains(word) { words.append(word) }
    guard words.count <= CatalogLimits.queryWordsMax else {
      throw CatalogError(.invalidQuery, "text has more than \(CatalogLimits.queryWordsMax) words")
    }
    return words
  }

  /// Reads the stretches until the page is full. `read` hands over at most as many entries as asked, in order, and
  /// stops when `take` says that it has enough.
  func page<Failure>(
    _ read: (Stretch, _ limit: Int, _ take: (CatalogEntry) -> Bool) throws(Failure) -> Void
  ) throws(Failure) -> CatalogPage {
    var entries: [CatalogEntry] = []
    var bytes = 0
    var hasMore = false
    for stretch in stretches where !hasMore {
      // One more than the page holds, to know whether there is a next page.
      try read(stretch, limit + 1 - entries.count) { entry in
        bytes += entry.textBytes
        hasMore = entries.count == limit || (!entries.isEmpty && bytes > CatalogLimits.pageBytesMax)
        if !hasMore { entries.append(entry) }
        return !hasMore
      }
    }
    let next = hasMore ? entries.last.map { CatalogCursor(after: $0, in: sort) } : nil
    return CatalogPage(entries: entries, next: next)
  }
}
