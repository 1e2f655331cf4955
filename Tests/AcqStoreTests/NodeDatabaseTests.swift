import AcqCore
import AcqCrypto
import AcqDatabase
import AcqStore
import AcqSystem
import TestSupport
import Testing

@Suite("Store: node.db") struct NodeDatabaseTests {
  private let key = NodeKey.generate(role: .car)

  private func makeRow(_ sequence: UInt64, stored: UInt64, about: UInt8 = 1, source: NodeID? = nil)
    -> LedgerRow
  {
    let subject = SubjectID([UInt8](repeating: about, count: 32)) ?? .zero
    let statement = Statement.signed(
      kind: .recording, subject: subject, sequence: sequence, body: [], by: key)
    return LedgerRow(
      statement: statement, hash: statement.hash, key: statement.registerKey, stored: stored, source: source)
  }

  private func ledger(_ database: NodeDatabase) throws -> [LedgerRow] {
    var rows: [LedgerRow] = []
    try database.loadLedger { rows.append($0) }
    return rows
  }

  @Test("statements come back in the order in which they were stored; a register never goes back")
  func ledger() throws {
    let directory = try TemporaryDirectory()
    let database = try NodeDatabase(directory.path + "/node.db", node: key.id)
    let peer = NodeKey.generate(role: .base).id
    let (old, new, other) = (
      makeRow(5, stored: 1), makeRow(6, stored: 3, source: peer), makeRow(1, stored: 2, about: 2)
    )
    var change = NodeChange()
    change.statements = [old, other, new, old]
    change.ownSequence = 6
    try database.commit(change)
    change.ownSequence = 4
    change.statements = [new]
    try database.commit(change)
    #expect(try ledger(database) == [other, new])
    #expect(try database.ownSequence() == 6 && database.storeCounter() == 3)
    #expect(
      try database.statementBytes([new.hash, old.hash, other.hash]) == [
        new.statement.encoded, nil, other.statement.encoded,
      ])
  }

  @Test("a change is made whole or not at all")
  func whole() throws {
    let directory = try TemporaryDirectory()
    let database = try NodeDatabase(directory.path + "/node.db", node: key.id, sizeBytesMax: 400 << 10)
    var change = NodeChange()
    change.statements = [makeRow(1, stored: 1)]
    change.freedAdded = [.zero]
    let map = try #require(
      BlockMap(sizeBytes: 50_000 << 20, blocks: [BlockHash](repeating: .zero, count: 50_000)))
    change.maps = [(Claim(id: .zero, sizeBytes: map.sizeBytes, blockRoot: map.root), map)]
    let error = #expect(throws: StoreError.self) { try database.commit(change) }
    #expect(error?.kind == .noSpace)
    #expect(try ledger(database).isEmpty && database.freed().isEmpty && database.storeCounter() == 0)
    change.maps = []
    try database.commit(change)
    #expect(try ledger(database).count == 1 && database.freed() == [.zero])
  }

  @Test("everything else comes back as it was written")
  func values() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/node.db"
    let stamp = FileStamp(device: .max, inode: 7, sizeBytes: 1 << 47, modifiedNs: -5)
    let sealed = SealedFile(
      path: "/rec/3.mcap", stamp: stamp, id: .zero, wallNs: .max, bootTimeNs: 3, bootID: nil,
      wasSeenWritten: true)
    let refused = RefusedFile(path: "/rec/x.png", stamp: stamp, reason: "no MCAP: \u{1B}")
    let object = ObjectRecord(id: .zero, stamp: stamp, path: "/a", reason: "EXDEV", verifiedMs: 9)
    let sample = Sample(seed: 1, sizeBytes: 3 << 20)
    let pair = (first: makeRow(1, stored: 1).statement, second: makeRow(2, stored: 1).statement)
    let (one, two) = (NodeKey.generate(role: .base).id, NodeKey.generate(role: .cloud).id)
    do {
      let database = try NodeDatabase(path, node: key.id)
      #expect(database.origin == .fresh)
      var change = NodeChange()
      change.marks = [one: Mark(counter: 5, common: [one, two]), two: Mark(counter: .max, common: nil)]
      change.evidence = [one: pair]
      change.objectsAdded = [object]
      change.cataloguedAdded = [.zero, sample.id]
      change.sealedFiles = [sealed]
      change.refusedFiles = [refused]
      change.maps = [(sample.claim, sample.map)]
      change.notes = ["mode": "x", "gone": nil]
      try database.commit(change)
      change = NodeChange()
      change.cataloguedRemoved = [.zero]
      change.evidence = [one: (first: pair.second, second: pair.first)]
      try database.commit(change)
    }
    for database in [try NodeDatabase(path, node: key.id), try NodeDatabase(reading: path)] {
      #expect(database.origin == .existing)
      let marks = try database.marks()
      #expect(marks == [one: Mark(counter: 5, common: [one, two]), two: Mark(counter: .max, common: nil)])
      let evidence = try database.evidence()
      #expect(evidence[one]?.first == pair.first && evidence[one]?.second == pair.second)
      #expect(try database.objects() == [object] && database.object(.zero) == object)
      #expect(try database.catalogued() == [sample.id])
      #expect(try database.sealedFiles() == [sealed] && database.sealedFiles(of: .zero) == [sealed])
      #expect(try database.refusedFiles() == [refused])
      #expect(try database.map(sample.claim) == sample.map && database.map(sample.id) == sample.map)
      #expect(try database.note("mode") == "x")
      #expect(try database.note("gone") == nil)
      #expect(try database.problems().isEmpty)
    }
  }

  @Test("another node's database, and a damaged one, are kept beside and replaced")
  func replaced() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/node.db"
    let other = NodeKey.generate(role: .car).id
    do {
      var change = NodeChange()
      change.statements = [makeRow(1, stored: 1)]
      try NodeDatabase(path, node: other).commit(change)
    }
    guard case .replaced(let aside, _) = try NodeDatabase(path, node: key.id).origin else {
      Issue.record("another node's")
      return
    }
    #expect(try ledger(NodeDatabase(aside, node: other)).count == 1)
    for tail in ["-wal", "-shm"] { try Files.unlink(path + tail) }
    try Files.writeAtomically([UInt8](repeating: 65, count: 8_192), to: path)
    guard case .replaced(let damaged, _) = try NodeDatabase(path, node: key.id).origin else {
      Issue.record("damaged")
      return
    }
    #expect(try Files.readAll(damaged, limit: 8_192).count == 8_192)
    #expect(try NodeDatabase(path, node: key.id).origin == .existing)
  }

  @Test("a database of a newer program is left alone")
  func newer() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/node.db"
    do { _ = try NodeDatabase(path, node: key.id) }
    try Database(path).execute("PRAGMA user_version = \(NodeDatabase.schemaVersion + 1)")
    let error = #expect(throws: DatabaseError.self) { try NodeDatabase(path, node: key.id) }
    #expect(error?.kind == .tooNew)
    #expect(Files.exists(path))
  }
}
