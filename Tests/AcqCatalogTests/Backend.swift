import AcqCatalog
import AcqCore
import Foundation
import Synchronization
import TestSupport
import Testing

/// The databases that the contract suite runs on.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
  case sqlite
  #if MongoDB
    case mongodb
  #endif

  var testDescription: String { rawValue }
}

/// Runs a test on an empty catalog; `file` is its file when it has one.
func withCatalog(_ backend: Backend, _ body: (_ catalog: any Catalog, _ file: String) throws -> Void) throws {
  let directory = try TemporaryDirectory()
  let file = directory.path + "/catalog.db"
  switch backend {
  case .sqlite: try body(try Catalogs.open(spec: "sqlite", directory: directory.path, log: .silent), file)
  #if MongoDB
    case .mongodb:
      let uri = try SharedMongoServer.server.get().uri(database: SharedMongoServer.newDatabase())
      try body(try Catalogs.open(spec: uri, directory: directory.path, log: .silent), file)
  #endif
  }
}

/// One server for all tests that leave it running, with a database for each.
enum SharedMongoServer {
  static let server = Result { try MongoServer() }
  private static let databases = Atomic(0)

  static func newDatabase() -> String {
    "test\(databases.wrappingAdd(1, ordering: .relaxed).newValue)"
  }
}

extension CatalogQuery {
  /// Every page after another, checked to be as long as it should.
  func all(in catalog: any Catalog) throws -> [CatalogEntry] {
    var query = self
    var entries: [CatalogEntry] = []
    repeat {
      let page = try catalog.search(query)
      entries += page.entries
      guard page.next == nil || page.entries.count == limit else {
        throw TestSupportError("a page of \(page.entries.count) has a next one, limit \(limit)")
      }
      // As a client does it: through the text.
      query.cursor = try page.next.map { try CatalogCursor($0.description, sort: sort) }
    } while query.cursor != nil
    return entries
  }
}

/// A value that several threads change.
final class Locked<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>
  init(_ value: Value) { mutex = Mutex(value) }
  var value: Value { mutex.withLock { $0 } }
  func change(_ body: (inout Value) -> Void) { mutex.withLock { body(&$0) } }
}
