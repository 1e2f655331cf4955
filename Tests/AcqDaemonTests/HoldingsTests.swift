import AcqCore
import AcqCrypto
import AcqDaemon
import AcqStore
import Testing

@Suite("Holdings and their changes") struct HoldingsTests {
  private static func id(_ first: UInt8, _ last: UInt8) -> ContentID {
    ContentID([first] + [UInt8](repeating: 7, count: 30) + [last]) ?? .zero
  }
  private let a = id(1, 1)
  private let b = id(1, 2)
  private let c = id(9, 1)

  @Test("a shard's receipt lists what is held and freed there, and no other shard's")
  func shards() {
    let holdings = Holdings(held: [a, c], freed: [b], catalogued: [a])
    let body = holdings.body(1, asOfMs: 5, keepsCatalog: true)
    #expect(body.held == [a] && body.freed == [b] && body.catalogued == [a] && body.asOfMs == 5)
    #expect(holdings.body(1, asOfMs: 5, keepsCatalog: false).catalogued == nil)
    #expect(holdings.body(2, asOfMs: 5, keepsCatalog: true).held.isEmpty)
    #expect(holdings.occupied == [1, 9])
    #expect(holdings.held == [a, c])
    #expect(holdings.uncatalogued == [c])
  }

  @Test("what is catalogued and not held does not count")
  func cataloguedOnly() {
    var holdings = Holdings(held: [], freed: [], catalogued: [a])
    #expect(holdings.uncatalogued.isEmpty)
    holdings.catalogue(a)
    holdings.hold(a)
    #expect(holdings.uncatalogued == [a])
  }

  @Test("held again after it was freed; withdrawn, it is out of the catalog's list too")
  func changes() {
    var holdings = Holdings(held: [a], freed: [b], catalogued: [a])
    holdings.hold(b)
    #expect(holdings.body(1, asOfMs: 0, keepsCatalog: true).freed.isEmpty)
    holdings.withdraw(a)
    #expect(!holdings.isHeld(a) && holdings.isHeld(b))
    holdings.hold(a)
    #expect(holdings.uncatalogued == [a, b])
  }

  @Test("changes joined to one transaction lose nothing, and the later one wins")
  func merge() {
    let stamp = FileStamp(device: 1, inode: 2, sizeBytes: 3, modifiedNs: 4)
    let (recordA, recordB) = (
      ObjectRecord(id: a, stamp: stamp, verifiedMs: 1), ObjectRecord(id: b, stamp: stamp, verifiedMs: 2)
    )
    var first = NodeChange()
    #expect(first.isEmpty)
    first.objectsAdded = [recordA, recordB]
    first.cataloguedAdded = [a]
    first.notes = ["x": "1", "y": "1"]
    first.freedAdded = [c]
    first.ownSequence = 9
    var later = NodeChange()
    later.objectsRemoved = [a]
    later.cataloguedRemoved = [a]
    later.notes = ["x": "2"]
    later.freedRemoved = [c]
    later.ownSequence = 4
    later.stagingRemoved = [b]
    first.append(later)
    #expect(first.objectsAdded == [recordB] && first.objectsRemoved == [a])
    #expect(first.cataloguedAdded.isEmpty && first.cataloguedRemoved == [a])
    #expect(first.freedAdded.isEmpty && first.freedRemoved == [c])
    #expect(first.notes == ["x": "2", "y": "1"])
    #expect(first.ownSequence == 9)
    #expect(first.stagingRemoved == [b])
    // Removals come before additions in the transaction: what came back is held.
    var back = NodeChange()
    back.objectsAdded = [recordA]
    first.append(back)
    #expect(first.objectsAdded == [recordB, recordA] && first.objectsRemoved == [a])
  }

  @Test("each field alone makes a change worth a commit")
  func isEmpty() {
    let edits: [(inout NodeChange) -> Void] = [
      { $0.ownSequence = 1 }, { $0.objectsRemoved = [self.a] }, { $0.freedAdded = [self.a] },
      { $0.freedRemoved = [self.a] }, { $0.cataloguedAdded = [self.a] }, { $0.cataloguedRemoved = [self.a] },
      { $0.sealedFilesRemoved = ["x"] }, { $0.refusedFilesRemoved = ["x"] }, { $0.stagingRemoved = [self.a] },
      { $0.notes = ["x": nil] }, { $0.removals = [Removal(id: self.a, path: "x", device: 1, inode: 1)] },
    ]
    for (index, edit) in edits.enumerated() {
      var change = NodeChange()
      edit(&change)
      #expect(!change.isEmpty, "edit \(index)")
    }
  }
}
