import AcqCatalog
import AcqCore
import AcqDatabase
import Foundation
import TestSupport
import Testing

@Suite("The SQLite catalog's file") struct SQLiteCatalogTests {
  private func fill(_ catalog: any Catalog, count: Int = 100) throws -> [CatalogEntry] {
    var random = RandomEntries(seed: 50)
    let entries = (0..<count).map { _ in random.entry() }
    try catalog.put(entries)
    return entries
  }

  @Test("entries are there after reopening")
  func persists() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/catalog.db"
    let entries = try fill(try SQLiteCatalog(path: path, log: .silent))
    let again = try SQLiteCatalog(path: path, log: .silent)
    #expect(try again.ids(after: nil, limit: 1_000) == entries.map(\.id).sorted())
    #expect(try again.entry(entries[7].id) == entries[7])
  }

  @Test(
    "a file that is no catalog, or one of another version, is made anew",
    arguments: ["text", "version", "foreign", "empty"])
  func beginsAnew(kind: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/catalog.db"
    switch kind {
    case "text": try Data(repeating: 0x41, count: 10_000).write(to: URL(fileURLWithPath: path))
    case "empty": try Data().write(to: URL(fileURLWithPath: path))
    case "version":
      _ = try fill(try SQLiteCatalog(path: path, log: .silent))
      try Database(path).execute("PRAGMA user_version = 99")
    default: try Database(path).execute("CREATE TABLE recording (x)")
    }
    let lines = Locked<[String]>([])
    let log = Log(minimum: .warning) { _, message, _ in lines.change { $0.append(message) } }
    let catalog = try SQLiteCatalog(path: path, log: log)
    #expect(lines.value == (kind == "empty" ? [] : ["catalog begins anew"]))
    #expect(try catalog.count() == 0)
    let entries = try fill(catalog)
    #expect(try catalog.count() == entries.count)
  }

  @Test("a file that breaks while in use is lost once, then empty and usable")
  func isLostWhileInUse() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/catalog.db"
    let entries: [CatalogEntry]
    do {
      let catalog = try SQLiteCatalog(path: path, log: .silent)
      entries = try fill(catalog, count: 400)
    }
    // The first page (schema) stays, the rest is noise.
    var random = SeededRandom(seed: 51)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    let size = try file.seekToEnd()
    try file.seek(toOffset: 4_096)
    try file.write(contentsOf: Data(random.bytes(Int(size) - 4_096)))
    try file.close()
    let catalog = try SQLiteCatalog(path: path, log: .silent)
    var kinds: [CatalogError.Kind] = []
    for call in [{ _ = try catalog.search(CatalogQuery()) }, { try catalog.put(entries) }] {
      do { try call() } catch { kinds.append((error as? CatalogError)?.kind ?? .rejected) }
    }
    #expect(kinds == [.lost])
    #expect(try catalog.count() == entries.count, "the second call put everything in again")
    #expect(try CatalogQuery().all(in: catalog).count == entries.count)
  }

  @Test("a directory that is not there is unavailable, with its path")
  func missingDirectory() {
    #expect {
      try Catalogs.open(spec: "sqlite", directory: "/nonexistent/acqd", log: .silent)
    } throws: { error in
      (error as? CatalogError)?.kind == .unavailable && "\(error)".contains("/nonexistent/acqd/catalog.db")
    }
  }

  @Test("a full disk is unavailable, keeps what was there, and passes", .needsRoot)
  func fullDisk() throws {
    let directory = try TemporaryDirectory()
    let mount = try TestProcess.run("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", directory.path])
    try #require(mount.status == 0, "\(mount.errorText)")
    defer { _ = try? TestProcess.run("umount", ["-l", directory.path]) }
    let catalog = try Catalogs.open(spec: "sqlite", directory: directory.path, log: .silent)
    var random = RandomEntries(seed: 52)
    var stored: [CatalogEntry] = []
    var refusal: CatalogError?
    for _ in 0..<10_000 {
      let entry = random.entry()
      do {
        try catalog.put(entry)
        stored.append(entry)
      } catch {
        refusal = error
        break
      }
    }
    #expect(refusal?.kind == .unavailable)
    #expect(try catalog.ids(after: nil, limit: 10_000) == stored.map(\.id).sorted())
    let more = try TestProcess.run("mount", ["-o", "remount,size=8m", directory.path])
    try #require(more.status == 0, "\(more.errorText)")
    try catalog.put(stored[0])
    try catalog.put(random.entry())
    #expect(try catalog.count() == stored.count + 1)
  }

  @Test("what the configuration may name is sqlite or a mongodb address")
  func specs() {
    for spec in ["", "SQLite", "sqlite:///x", "postgres://x", "mongodb:/x"] {
      #expect {
        try Catalogs.open(spec: spec, directory: "/tmp", log: .silent)
      } throws: { error in
        (error as? CatalogError)?.kind == .configuration
      }
    }
  }
}
