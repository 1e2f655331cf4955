public import AcqCore

/// What is asked of a catalog. Every condition given must hold.
public struct CatalogQuery: Equatable, Sendable {
  /// Recordings whose last message is at or after this time, nanoseconds since 1970.
  public var fromNs: UInt64?
  /// Recordings whose first message is before this time.
  public var toNs: UInt64?
  /// Recordings with this topic; ending in `*`: with a topic that begins so.
  public var topic: String?
  /// Recordings with, for each word of this text, a word that begins so: in file name, origin, metadata values or id.
  public var text: String?
  /// Recordings sealed by this node.
  public var origin: NodeID?
  /// The order; recordings without messages come last when it is by time.
  public var sort: CatalogSort
  /// Entries of a page, within `CatalogLimits.pageEntries`.
  public var limit: Int
  /// Where the page before ended.
  public var cursor: CatalogCursor?

  /// Everything, newest first, unless said otherwise.
  public init(
    fromNs: UInt64? = nil, toNs: UInt64? = nil, topic: String? = nil, text: String? = nil,
    origin: NodeID? = nil,
    sort: CatalogSort = CatalogSort(.start, isDescending: true), limit: Int = 100,
    cursor: CatalogCursor? = nil
  ) {
    self.fromNs = fromNs
    self.toNs = toNs
    self.topic = topic
    self.text = text
    self.origin = origin
    self.sort = sort
    self.limit = limit
    self.cursor = cursor
  }
}

/// An order of recordings; equal ones are ordered by id, in the same direction.
public struct CatalogSort: Hashable, Sendable, CustomStringConvertible {
  /// What is compared.
  public enum Key: String, CaseIterable, Sendable {
    /// Time of the first message.
    case start
    /// File name, numbers by value.
    case name
    /// Bytes of the file.
    case size
    /// From the first to the last message.
    case duration
  }

  /// What is compared.
  public let key: Key
  /// Greatest first.
  public let isDescending: Bool

  /// An order.
  public init(_ key: Key, isDescending: Bool = false) {
    self.key = key
    self.isDescending = isDescending
  }

  /// From `start` or `-start` as in URLs; nil when there is no such order.
  public init?(_ text: some StringProtocol) {
    let isDescending = text.hasPrefix("-")
    guard let key = Key(rawValue: String(isDescending ? text.dropFirst() : text[...])) else { return nil }
    self.init(key, isDescending: isDescending)
  }

  /// As in URLs.
  public var description: String { (isDescending ? "-" : "") + key.rawValue }

  /// Whether recordings without messages have no value of this key.
  var isOptional: Bool { key == .start || key == .duration }
}

/// A page of recordings.
public struct CatalogPage: Equatable, Sendable {
  /// In the query's order.
  public let entries: [CatalogEntry]
  /// Where the next page begins; nil at the end.
  public let next: CatalogCursor?

  /// A page.
  public init(entries: [CatalogEntry], next: CatalogCursor?) {
    self.entries = entries
    self.next = next
  }
}
