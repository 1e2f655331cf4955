import AcqCore
import AcqDatabase
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Database") struct DatabaseTests {
  private struct Stop: Error {}

  @Test("values come back as they were written")
  func values() throws {
    let directory = try TemporaryDirectory()
    let database = try Database(directory.path + "/a.db")
    try database.execute("CREATE TABLE t (a, b, c, d, e, f)")
    let id = try #require(ContentID([UInt8](repeating: 7, count: 32)))
    try database.execute(
      "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)",
      [.text("ü\0\"x"), .blob([]), .unsigned(.max), .digest(id), nil, 1.5])
    try database.read { connection in
      try connection.query("SELECT * FROM t") { row in
        #expect(row.text(0) == "ü\0\"x")
        #expect(row.blob(1) == [] && !row.isNull(1))
        #expect(row.unsigned(2) == .max)
        let read: ContentID = try row.digest(3)
        #expect(read == id)
        #expect(row.isNull(4))
        #expect(row.real(5) == 1.5)
        #expect(throws: DatabaseError.self) { () throws -> Void in _ = try row.digest(0) as ContentID }
      }
    }
  }

  @Test("a transaction that throws leaves nothing behind")
  func rollback() throws {
    let directory = try TemporaryDirectory()
    let database = try Database(directory.path + "/a.db")
    try database.execute("CREATE TABLE t (a)")
    #expect(throws: Stop.self) {
      try database.transaction { connection in
        try connection.execute("INSERT INTO t VALUES (1)")
        throw Stop()
      }
    }
    let count = { try database.withConnection { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } }
    #expect(try count() == 0)
    try database.transaction { try $0.execute("INSERT INTO t VALUES (1)") }
    #expect(try count() == 1)
  }

  @Test("two connections: the second writer is told that the first is busy, and readers are not disturbed")
  func busy() throws {
    let directory = try TemporaryDirectory()
    let first = try Database(directory.path + "/a.db")
    try first.execute("CREATE TABLE t (a)")
    let second = try Database(directory.path + "/a.db", busyMs: 10)
    try first.transaction { connection in
      try connection.execute("INSERT INTO t VALUES (1)")
      let error = #expect(throws: DatabaseError.self) { try second.transaction { _ in } }
      #expect(error?.isBusy == true && error?.isTransient == true)
      #expect(try second.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 0)
    }
    #expect(try second.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 1)
  }

  @Test("a full database says so, loses nothing of before and works on with room")
  func full() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/a.db"
    do {
      let database = try Database(path, sizeBytesMax: 64 << 10)
      try database.execute("CREATE TABLE t (a)")
      try database.execute("INSERT INTO t VALUES (zeroblob(1000))")
      let error = #expect(throws: DatabaseError.self) {
        try database.transaction { try $0.execute("INSERT INTO t VALUES (zeroblob(100000))") }
      }
      #expect(error?.isFull == true)
      try database.execute("INSERT INTO t VALUES (zeroblob(1000))")
    }
    let database = try Database(path)
    try database.execute("INSERT INTO t VALUES (zeroblob(100000))")
    #expect(try database.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 3)
    #expect(try database.problems() == [])
  }

  @Test("migrations run once, in order, whole or not at all; a newer schema is left alone")
  func migrate() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/a.db"
    let steps = ["CREATE TABLE t (a)", "INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN b"]
    do {
      let database = try Database(path)
      try database.migrate([steps[0]])
      #expect(throws: DatabaseError.self) {
        try database.migrate([steps[0], "INSERT INTO t VALUES (9); NONSENSE"])
      }
      #expect(try database.schemaVersion() == 1)
      try database.migrate(steps)
      try database.migrate(steps)
    }
    let database = try Database(path)
    #expect(try database.schemaVersion() == 2)
    #expect(try database.read { try $0.rows("SELECT a FROM t") { $0.int(0) } } == [1])
    let error = #expect(throws: DatabaseError.self) { try database.migrate([steps[0]]) }
    #expect(error?.kind == .tooNew)
  }

  @Test("a file that is no database is called corrupt")
  func corrupt() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/a.db"
    let file = try #require(fopen(path, "w"))
    fputs(String(repeating: "not a database ", count: 1000), file)
    fclose(file)
    let error = #expect(throws: DatabaseError.self) { try Database(path) }
    #expect(error?.isCorrupt == true)
    #expect(throws: DatabaseError.self) { try Database(directory.path + "/missing.db", access: .readOnly) }
  }

  @Test("a query inside a query of the same text works")
  func nested() throws {
    let directory = try TemporaryDirectory()
    let database = try Database(directory.path + "/a.db")
    try database.execute("CREATE TABLE t (a)")
    try database.execute("INSERT INTO t VALUES (1), (2)")
    var pairs = 0
    try database.read { connection in
      try connection.query("SELECT a FROM t") { _ in
        try connection.query("SELECT a FROM t") { _ in pairs += 1 }
      }
    }
    #expect(pairs == 4)
  }

  @Test("interrupt ends a long statement of another thread")
  func interrupt() throws {
    let directory = try TemporaryDirectory()
    let database = try Database(directory.path + "/a.db")
    var rows = 0
    let error = #expect(throws: DatabaseError.self) {
      try database.read { connection in
        try connection.query(
          "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) SELECT a FROM n"
        ) { _ in
          rows += 1
          if rows == 10 { database.interrupt() }
        }
      }
    }
    #expect(error?.kind == .interrupted)
  }

  @Test("a backup is whole and can be opened")
  func backUp() throws {
    let directory = try TemporaryDirectory()
    let database = try Database(directory.path + "/a.db")
    try database.execute("CREATE TABLE t (a)")
    try database.execute("INSERT INTO t VALUES (5)")
    try database.backUp(to: directory.path + "/b.db")
    let copy = try Database(directory.path + "/b.db", access: .readOnly)
    #expect(try copy.read { try $0.first("SELECT a FROM t") { $0.int(0) } } == 5)
  }
}
