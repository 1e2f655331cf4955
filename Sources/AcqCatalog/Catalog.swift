public import AcqCore

/// Where the recordings of a node are listed and found. Calls block on the caller's thread and may come from several
/// threads at once. Every implementation passes the same suite.
public protocol Catalog: Sendable {
  /// Stores entries, each replacing the one with its id; durable on return. After an error any of them may be
  /// stored: putting again is harmless. Entries are stored `fitted`. At most `CatalogLimits.batchEntriesMax`.
  func put(_ entries: [CatalogEntry]) throws(CatalogError)
  /// The entry of one recording; nil when there is none.
  func entry(_ id: ContentID) throws(CatalogError) -> CatalogEntry?
  /// One page. Pages are stable: an entry that is there all the time is seen once, whatever arrives meanwhile.
  func search(_ query: CatalogQuery) throws(CatalogError) -> CatalogPage
  /// The first ids after `id`, ascending, that are stored durably; at most `CatalogLimits.idsMax`.
  func ids(after id: ContentID?, limit: Int) throws(CatalogError) -> [ContentID]
  /// Removes an entry; without one nothing happens. Durable on return.
  func remove(_ id: ContentID) throws(CatalogError)
  /// Number of entries.
  func count() throws(CatalogError) -> Int
  /// Throws the reason when entries cannot be read now.
  func checkAvailable() throws(CatalogError)
  /// The catalog and where it is, for people, without passwords: `sqlite` or `mongodb at host:port, database acqd`.
  var place: String { get }
}

extension Catalog {
  /// Stores one entry; see `put(_:)` of several.
  public func put(_ entry: CatalogEntry) throws(CatalogError) { try put([entry]) }

  func checkBatch(_ entries: [CatalogEntry]) {
    precondition(entries.count <= CatalogLimits.batchEntriesMax, "the caller splits what it puts")
  }
}
